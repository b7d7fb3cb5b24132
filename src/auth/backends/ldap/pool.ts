/** A bounded number of connections to one server, opened when they are needed and used again. */
import { fault } from '../../../model/errors.ts'
import type { Connection } from './connection.ts'
import { LdapOutage } from './errors.ts'

export class Pool {
  readonly #open: () => Promise<Connection>
  readonly #size: number
  readonly #waitMs: number
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  readonly #waiting: { readonly begin: () => void; readonly refuse: (error: Error) => void }[] = []
  #used = 0

  /** `waitMs` is how long a call waits for a connection that others use. */
  constructor(open: () => Promise<Connection>, size: number, waitMs: number) {
    this.#open = open
    this.#size = size
    this.#waitMs = waitMs
  }

  /**
   * Runs `work` on one. One that was used before may have been ended by the server meanwhile: then `work`, which may be done
   * twice, is done once more on a new one.
   */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      const old = this.#takeIdle()
      if (old !== undefined) {
        try {
          return await this.#on(old, work)
        } catch (error) {
          // One that was late is the server's silence, which a second connection would only wait for again.
          if (!(error instanceof LdapOutage) || error.message.includes('did not answer')) throw error
        }
      }
      const fresh = await this.#open()
      this.#all.add(fresh)
      return await this.#on(fresh, work)
    } finally {
      this.#leave()
    }
  }

  /** Ends all, those in use as well, and turns away who waits. */
  clear(): void {
    for (const { refuse } of this.#waiting.splice(0)) refuse(new LdapOutage('the server is away'))
    for (const connection of this.#all) connection.close()
    this.#all.clear()
    this.#idle.length = 0
  }

  async #on<T>(connection: Connection, work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await work(connection)
    } finally {
      if (connection.isUsable && this.#all.has(connection)) {
        connection.setIdle(true)
        this.#idle.push(connection)
      } else {
        this.#all.delete(connection)
        connection.close()
      }
    }
  }

  #takeIdle(): Connection | undefined {
    for (let one = this.#idle.pop(); one !== undefined; one = this.#idle.pop()) {
      if (one.isUsable) {
        one.setIdle(false)
        return one
      }
      this.#all.delete(one)
      one.close()
    }
    return undefined
  }

  #enter(): Promise<void> | void {
    if (this.#used < this.#size) {
      this.#used++
      return
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(one), 1)
        // A flood of ours is no outage of theirs: nobody else is to be turned away for it.
        reject(
          fault('Unavailable', {
            message: 'The directory server is busy; try again shortly.',
            retryAfterS: 2,
          }),
        )
      }, this.#waitMs)
      const one = {
        begin: () => {
          clearTimeout(timer)
          resolve()
        },
        refuse: (error: Error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      this.#waiting.push(one)
    })
  }

  #leave(): void {
    const next = this.#waiting.shift()
    // Its place goes on to whoever waits.
    if (next === undefined) this.#used--
    else next.begin()
  }
}
