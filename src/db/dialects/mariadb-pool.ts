/** Sessions on a MariaDB server, opened when they are needed: at READ COMMITTED, with bounded waits. */
import { Pool, TimeoutError } from 'tarn'
import { MariadbConnection } from './mariadb-connection.ts'
import { NoAnswer, type Client, type ClientPool } from './pooled-driver.ts'
import { idleInTransactionS, lockWaitS, serverAddress, type PoolLimits } from './server-url.ts'

/** Milliseconds after which one that nobody needed is closed. */
const idleMs = 300_000

/** `url` as in `server-url.ts`. The server need not be there yet. */
export function openMariadbPool(url: string, limits: PoolLimits): ClientPool {
  const address = serverAddress(url, 3306)
  const session = [
    "collation_connection = 'utf8mb4_nopad_bin'",
    "time_zone = '+00:00'",
    // A list in one answer is as long as its page, not 1 MB.
    'group_concat_max_len = 16777216',
    `innodb_lock_wait_timeout = ${lockWaitS}`,
    `idle_transaction_timeout = ${idleInTransactionS}`,
    `max_statement_time = ${limits.statementTimeoutMs / 1000}`,
    "sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'",
  ]
  const pool = new Pool<MariadbConnection>({
    create: () => MariadbConnection.open(address, { session, connectTimeoutMs: limits.acquireTimeoutMs }),
    validate: (connection) => connection.usable,
    destroy: (connection) => (connection.usable ? connection.end() : connection.destroy()),
    min: 0,
    max: limits.max,
    acquireTimeoutMillis: limits.acquireTimeoutMs,
    createTimeoutMillis: limits.acquireTimeoutMs,
    idleTimeoutMillis: idleMs,
    // The first who waits is told that the server is away, and looks again.
    propagateCreateError: true,
  })
  return {
    async acquire() {
      try {
        return clientOf(pool, await pool.acquire().promise)
      } catch (error) {
        throw error instanceof TimeoutError ? new NoAnswer(limits.acquireTimeoutMs) : error
      }
    },
    end: async () => void (await pool.destroy()),
  }
}

const clientOf = (pool: Pool<MariadbConnection>, connection: MariadbConnection): Client => ({
  run: (query) => connection.run(query),
  interrupt: () => connection.interrupt(),
  traffic: () => connection.traffic(),
  destroy: (reason) => connection.destroy(reason),
  release: () => void pool.release(connection),
})
