import { fault } from '../model/errors.ts'

/**
 * Lets at most `slots` bodies run at once and at most `queue` wait, in order; everyone beyond that gets the `Unavailable`
 * fault. Password hashing goes through one: it burns a thread of the pool for tens of milliseconds, and a flood of logins
 * must not take the threads that file access and token signatures need.
 */
export class Gate {
  readonly #slots: number
  readonly #queue: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(slots: number, queue: number) {
    this.#slots = slots
    this.#queue = queue
  }

  async run<T>(body: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#slots) {
      if (this.#waiting.length >= this.#queue) {
        throw fault('Unavailable', { message: 'Too many logins at once; try again shortly.', retryAfterS: 2 })
      }
      // The slot is handed over by whoever leaves, so that a newcomer can't overtake.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#running++
    }
    try {
      return await body()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
