/** Who serves what in this process; the same for every bus. */
import type { Answers, CallName, Envelope, MessageName, Messages, Requests } from './bus.ts'

type Handler = (message: never, envelope: Envelope) => void
type Answerer = (request: never, envelope: Envelope) => Promise<unknown>

export class Handlers {
  readonly #onError: (error: unknown) => void
  readonly #serving = new Map<string, Set<Handler>>()
  readonly #answering = new Map<string, Answerer>()
  readonly #looks = new Set<() => void>()
  #turn = 0

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  add<Name extends MessageName>(
    topic: string,
    name: Name,
    handler: (message: Messages[Name], envelope: Envelope) => void,
  ): () => void {
    const key = `${topic} ${name}`
    const set = this.#serving.get(key) ?? new Set()
    set.add(handler as Handler)
    this.#serving.set(key, set)
    return () => {
      set.delete(handler as Handler)
      if (set.size === 0 && this.#serving.get(key) === set) this.#serving.delete(key)
    }
  }

  addAnswer<Name extends CallName>(
    topic: string,
    name: Name,
    handler: (request: Requests[Name], envelope: Envelope) => Promise<Answers[Name]>,
  ): () => void {
    const key = `${topic} ${name}`
    this.#answering.set(key, handler as Answerer)
    return () => {
      if (this.#answering.get(key) === (handler as Answerer)) this.#answering.delete(key)
    }
  }

  addLook(look: () => void): () => void {
    this.#looks.add(look)
    return () => this.#looks.delete(look)
  }

  /** How many handlers it reached. A message for one process reaches one of its handlers, in turn. */
  deliver(topic: string, name: MessageName, to: 'one' | 'all', message: object, envelope: Envelope): number {
    const found = [...(this.#serving.get(`${topic} ${name}`) ?? [])]
    const chosen = to === 'all' || found.length < 2 ? found : [found[this.#turn++ % found.length]!]
    for (const handler of chosen) this.#guard(() => handler(message as never, envelope))
    return chosen.length
  }

  answererOf(topic: string, name: CallName): Answerer | undefined {
    return this.#answering.get(`${topic} ${name}`)
  }

  look(): void {
    for (const look of this.#looks) this.#guard(look)
  }

  clear(): void {
    this.#serving.clear()
    this.#answering.clear()
    this.#looks.clear()
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#onError(error)
    }
  }
}
