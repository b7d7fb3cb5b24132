/** The bus of one process: delivers on the next turn of the event loop, to everyone who serves the topic. */
import type { Bus, MessageName, Messages } from './bus.ts'

export function memoryBus(onError: (error: unknown) => void): Bus {
  const handlers = new Map<string, Set<(message: never) => void>>()
  let closed = false
  return {
    cast<Name extends MessageName>(topic: string, name: Name, message: Messages[Name]) {
      setImmediate(() => {
        if (closed) return
        for (const handler of handlers.get(`${topic} ${name}`) ?? []) {
          try {
            handler(message as never)
          } catch (error) {
            onError(error)
          }
        }
      })
    },
    serve(topic, name, handler) {
      const key = `${topic} ${name}`
      const set = handlers.get(key) ?? new Set()
      set.add(handler as never)
      handlers.set(key, set)
      return () => set.delete(handler as never)
    },
    close() {
      closed = true
      handlers.clear()
      return Promise.resolve()
    },
  }
}
