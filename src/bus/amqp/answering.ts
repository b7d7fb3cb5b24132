/** Questions of other processes, answered here: so many at once, and every failure a sentence for who asked. */
import { inSpan } from '../../tracing/spans.ts'
import type { CallName, Envelope } from '../bus.ts'
import type { Handlers } from '../handlers.ts'
import type { Reply } from './waiting-calls.ts'

/** Answered at once; one more is refused. */
const maxAnswering = 64

export class Answering {
  readonly #handlers: Handlers
  #running = 0

  constructor(handlers: Handlers) {
    this.#handlers = handlers
  }

  /** Never rejects. */
  async answer(topic: string, name: CallName, request: object, envelope: Envelope): Promise<Reply> {
    const answerer = this.#handlers.answererOf(topic, name)
    if (answerer === undefined) return { ok: false, error: `nobody answers ${name} on ${topic} here` }
    if (this.#running >= maxAnswering)
      return { ok: false, error: `${maxAnswering} questions are being answered` }
    this.#running++
    try {
      const parent = envelope.traceparent
      const value = await inSpan(`answer ${name}`, { parent, kind: 'consumer' }, () =>
        answerer(request as never, envelope),
      )
      return { ok: true, value: value as object }
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) }
    } finally {
      this.#running--
    }
  }
}
