import { fault } from '../model/errors.ts'

/**
 * How many logins of one name and of one address are under way in this process, from the first query to the answer. Beyond
 * that they are refused before anything is asked of the database: what the gate would refuse anyway should cost nothing.
 */
export class InFlight {
  readonly #limits: { readonly perName: number; readonly perAddress: number }
  readonly #counts = new Map<string, number>()

  constructor(limits: { readonly perName: number; readonly perAddress: number }) {
    this.#limits = limits
  }

  /** Throws `Unavailable` when there are as many already. */
  async run<T>(name: string, address: string, body: () => Promise<T>): Promise<T> {
    const [byName, byAddress] = [`n${name}`, `a${address}`]
    const { perName, perAddress } = this.#limits
    if (this.#count(byName) >= perName || this.#count(byAddress) >= perAddress) throw tooManyLogins()
    this.#add(byName, 1)
    this.#add(byAddress, 1)
    try {
      return await body()
    } finally {
      this.#add(byName, -1)
      this.#add(byAddress, -1)
    }
  }

  /** Names and addresses of which something is under way. */
  get size(): number {
    return this.#counts.size
  }

  #count(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  #add(key: string, change: number): void {
    const count = this.#count(key) + change
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }
}

/** With the seconds after which to come again; by then the queue that it found has been served. */
export const tooManyLogins = (): Error =>
  fault('Unavailable', { message: 'Too many logins at once; try again shortly.', retryAfterS: 2 })
