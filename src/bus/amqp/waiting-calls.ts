/** The calls of this process that wait for their answer. */
import { randomUUID } from 'node:crypto'
import { CallFailed } from '../bus.ts'

/** Calls waiting at once; one more is refused rather than queued. */
const maxWaiting = 1000

/** What travels back. */
export type Reply =
  | { readonly ok: true; readonly value: object }
  | { readonly ok: false; readonly error: string }

interface Waiting {
  resolve(value: object): void
  reject(error: CallFailed): void
  readonly timer: NodeJS.Timeout
}

export class WaitingCalls {
  readonly #waiting = new Map<string, Waiting>()

  /** `send` gets the correlation id and throws when the request could not leave. */
  start(what: string, deadlineMs: number, send: (id: string) => Promise<void>): Promise<object> {
    if (this.#waiting.size >= maxWaiting) {
      return Promise.reject(new CallFailed('down', `${maxWaiting} calls are waiting already`))
    }
    return new Promise((resolve, reject) => {
      const id = randomUUID()
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new CallFailed('deadline', `${what} was not answered within ${deadlineMs} ms`))
      }, deadlineMs)
      this.#waiting.set(id, { resolve, reject, timer })
      send(id).catch((error: unknown) => this.refuse(id, new CallFailed('down', `${what}: ${reason(error)}`)))
    })
  }

  /** False once it was answered or its time is over. */
  waits(id: string): boolean {
    return this.#waiting.has(id)
  }

  /** False when nobody waits for it any more. */
  end(id: string, reply: unknown): boolean {
    const waiting = this.#take(id)
    if (waiting === undefined) return false
    if (isReply(reply)) {
      if (reply.ok) waiting.resolve(reply.value)
      else waiting.reject(new CallFailed('refused', reply.error))
    } else waiting.reject(new CallFailed('refused', 'the answer can’t be read'))
    return true
  }

  refuse(id: string, error: CallFailed): void {
    this.#take(id)?.reject(error)
  }

  endAll(why: string): void {
    for (const id of this.#waiting.keys()) this.refuse(id, new CallFailed('down', why))
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return undefined
    clearTimeout(waiting.timer)
    this.#waiting.delete(id)
    return waiting
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function isReply(value: unknown): value is Reply {
  if (typeof value !== 'object' || value === null || !('ok' in value)) return false
  if (value.ok === true) return 'value' in value && typeof value.value === 'object' && value.value !== null
  return value.ok === false && 'error' in value && typeof value.error === 'string'
}
