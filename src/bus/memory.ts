/** The bus of one process: delivers on the next turn of the event loop, by the same rules as a broker between many. */
import { randomUUID } from 'node:crypto'
import { CallFailed, type Bus, type BusParts, type Envelope, type Stamped } from './bus.ts'
import { Handlers } from './handlers.ts'
import { messages } from './messages.ts'

export function memoryBus(
  onError: (error: unknown) => void,
  { observe, traceparent, now }: Partial<BusParts> = {},
): Bus {
  const handlers = new Handlers(onError)
  const since = (now ?? (() => Date.now() * 1000))()
  let closed = false
  const envelope = (stamped: Stamped = {}): Envelope => ({
    messageId: randomUUID(),
    requestId: stamped.requestId ?? null,
    traceparent: stamped.traceparent ?? traceparent?.() ?? null,
  })
  return {
    cast(topic, name, message, stamped) {
      const about = envelope(stamped)
      observe?.({ event: 'published', name })
      setImmediate(() => {
        if (closed) return
        const reached = handlers.deliver(topic, name, messages[name].delivery, message, about)
        if (reached > 0) observe?.({ event: 'delivered', name })
      })
    },
    serve: (topic, name, handler) => handlers.add(topic, name, handler),
    async call(topic, name, request, { deadlineMs, ...stamped }) {
      const answerer = handlers.answererOf(topic, name)
      observe?.({ event: 'published', name })
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        const give = (): void =>
          reject(new CallFailed('deadline', `${topic} did not answer ${name} within ${deadlineMs} ms`))
        timer = setTimeout(give, deadlineMs)
      })
      const answer =
        answerer === undefined || closed
          ? new Promise<never>(() => {})
          : answerer(request as never, envelope(stamped)).catch((error: unknown) => {
              throw new CallFailed('refused', error instanceof Error ? error.message : String(error), {
                cause: error,
              })
            })
      try {
        return (await Promise.race([answer, late])) as never
      } finally {
        clearTimeout(timer)
      }
    },
    answer: (topic, name, handler) => handlers.addAnswer(topic, name, handler),
    onGap: (look) => handlers.addLook(look),
    state: () => ({ kind: 'memory', state: 'connected', since, reason: null }),
    close() {
      closed = true
      handlers.clear()
      return Promise.resolve()
    },
  }
}
