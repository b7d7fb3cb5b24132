/**
 * The part of a Kysely driver that PostgreSQL and MariaDB share: connections of a pool, each statement with a time limit.
 * A connection that does not answer in time is destroyed: nobody knows what it is still doing.
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'

/** One connection of a database library, reduced to what is needed. */
export interface Client {
  run(query: CompiledQuery): Promise<QueryResult<unknown>>
  /** Ends the connection at once, whatever it is doing. */
  destroy(reason: Error): void
  /** Back into the pool. */
  release(): void
}

export interface ClientPool {
  acquire(): Promise<Client>
  end(): Promise<void>
}

/** A statement got no answer in time. The dialects call it "unavailable". */
export class NoAnswer extends Error {
  constructor(ms: number) {
    super(`the database did not answer within ${ms / 1000} s`)
    this.name = 'NoAnswer'
  }
}

class PooledConnection implements DatabaseConnection {
  readonly client: Client
  readonly #limitMs: number

  constructor(client: Client, limitMs: number) {
    this.client = client
    this.#limitMs = limitMs
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const reason = new NoAnswer(this.#limitMs)
        this.client.destroy(reason)
        reject(reason)
      }, this.#limitMs)
    })
    const answer = this.client.run(query)
    // After a timeout nobody looks at it any more.
    answer.catch(() => {})
    try {
      return (await Promise.race([answer, late])) as QueryResult<R>
    } finally {
      clearTimeout(timer)
    }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('answers are not streamed; page with a key instead')
  }
}

/** `begin` is what starts a transaction at READ COMMITTED. */
export function pooledDriver(open: () => Promise<ClientPool>, limitMs: number, begin: string): Driver {
  let pool: ClientPool | null = null
  const say = (connection: DatabaseConnection, text: string) =>
    connection.executeQuery(CompiledQuery.raw(text))
  return {
    async init() {
      pool = await open()
    },
    async acquireConnection() {
      if (pool === null) throw new Error('the database is closed')
      return new PooledConnection(await pool.acquire(), limitMs)
    },
    async beginTransaction(connection: DatabaseConnection, _settings: TransactionSettings) {
      await say(connection, begin)
    },
    async commitTransaction(connection) {
      await say(connection, 'commit')
    },
    async rollbackTransaction(connection) {
      await say(connection, 'rollback')
    },
    async releaseConnection(connection) {
      ;(connection as PooledConnection).client.release()
    },
    async destroy() {
      await pool?.end()
      pool = null
    },
  }
}
