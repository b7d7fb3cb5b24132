/**
 * Several servers of one directory as one that is there as long as any of them is. A server that did not answer is asked nothing
 * until it answers a question of ours again: nobody's login waits for it meanwhile. Whoever finds none there gets `Unavailable`
 * at once.
 */
import type { Connection } from './connection.ts'
import { openConnection } from './connection.ts'
import { LdapOutage, codeOf, unavailable } from './errors.ts'
import type { LdapOptions } from './options.ts'
import { Pool } from './pool.ts'

/** Milliseconds from one look at a server that is away to the next; with what a look may take, well below 2 s. */
const pauseMs = 500
const lookMs = 1000

/** `search` connections are bound as the service; `login` ones as whoever logged in last on them. */
export type Purpose = 'search' | 'login'

export interface Trouble {
  /** For the log: which server, and what it said. */
  (message: string, server: string): void
}

interface Server {
  readonly url: string
  readonly pools: Readonly<Record<Purpose, Pool>>
  /** Why it is asked nothing; null while it is there. */
  away: LdapOutage | null
  /** Microseconds since the epoch. */
  answeredAt: number | null
  timer: NodeJS.Timeout | null
}

export class LdapServers {
  readonly #options: LdapOptions
  readonly #servers: readonly Server[]
  readonly #trouble: Trouble
  #isClosed = false
  /** Calls made, for tests: each bind and search of anybody is one. */
  calls = 0

  constructor(options: LdapOptions, trouble: Trouble = () => {}) {
    this.#options = options
    this.#trouble = trouble
    this.#servers = options.urls.map((url) => {
      const pool = (purpose: Purpose): Pool =>
        new Pool(() => this.#connect(url, purpose), options.connections, options.timeoutMs)
      return {
        url,
        pools: { search: pool('search'), login: pool('login') },
        away: null,
        answeredAt: null,
        timer: null,
      }
    })
  }

  /** Which are there, as far as is known. */
  get state(): readonly {
    readonly url: string
    readonly away: string | null
    /** Microseconds since the epoch; null = not yet. */
    readonly answeredAt: number | null
  }[] {
    return this.#servers.map(({ url, away, answeredAt }) => ({
      url,
      away: away?.message ?? null,
      answeredAt,
    }))
  }

  /**
   * `work` on the first server that answers. It may be done twice, so that it must not matter. Throws what a server answered, or
   * `Unavailable`.
   */
  async run<T>(purpose: Purpose, work: (connection: Connection) => Promise<T>): Promise<T> {
    this.calls++
    let reason: LdapOutage | null = null
    for (const server of this.#servers) {
      if (server.away !== null) {
        reason ??= server.away
        continue
      }
      try {
        const answer = await server.pools[purpose].use(work)
        server.answeredAt = Date.now() * 1000
        return answer
      } catch (error) {
        if (!(error instanceof LdapOutage)) {
          // A refusal is an answer.
          server.answeredAt = Date.now() * 1000
          throw error
        }
        this.#lost(server, error)
        reason = error
      }
    }
    throw unavailable(reason)
  }

  /** Ends every connection; nothing is asked any more. */
  close(): void {
    this.#isClosed = true
    for (const { pools, timer } of this.#servers) {
      pools.search.clear()
      pools.login.clear()
      if (timer !== null) clearTimeout(timer)
    }
  }

  async #connect(url: string, purpose: Purpose): Promise<Connection> {
    if (this.#isClosed) throw new LdapOutage('closed')
    const connection = await openConnection(url, this.#options)
    if (purpose === 'search') await this.#introduce(connection, url)
    return connection
  }

  async #introduce(connection: Connection, url: string): Promise<void> {
    const { service, tls } = this.#options
    try {
      if (service !== null) await connection.bind(service.dn, service.password)
      else if (tls.cert !== null) await connection.bindByCertificate()
    } catch (error) {
      connection.close()
      // That the service may not log in is nobody's wrong password.
      if (error instanceof LdapOutage) throw error
      const what = error instanceof Error ? error.message : String(error)
      throw new LdapOutage(`${url} refuses the service itself (code ${codeOf(error)}): ${what}`, {
        cause: error,
      })
    }
  }

  #lost(server: Server, reason: LdapOutage): void {
    if (server.away !== null || this.#isClosed) return
    server.away = reason
    this.#trouble(reason.message, server.url)
    // Who waits on it need not wait until each is late by itself.
    server.pools.search.clear()
    server.pools.login.clear()
    this.#lookLater(server)
  }

  #lookLater(server: Server): void {
    server.timer = setTimeout(() => void this.#look(server), pauseMs)
    server.timer.unref()
  }

  async #look(server: Server): Promise<void> {
    const options = { ...this.#options, timeoutMs: Math.min(lookMs, this.#options.timeoutMs) }
    try {
      const connection = await openConnection(server.url, options)
      try {
        await this.#introduce(connection, server.url)
      } finally {
        connection.close()
      }
      server.away = null
      server.answeredAt = Date.now() * 1000
      server.timer = null
    } catch (error) {
      if (!(error instanceof LdapOutage)) this.#trouble(String(error), server.url)
      if (!this.#isClosed) this.#lookLater(server)
    }
  }
}
