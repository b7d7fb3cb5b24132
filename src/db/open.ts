/**
 * Opens the shared database. `Store` is what everything else is handed: the connection pool, one way to run a
 * transaction (with repeats where the database asks for them), and the dialect's few differences.
 */
import { Kysely } from 'kysely'
import type { DatabaseDialect } from './dialects/dialect.ts'
import { defaultPoolLimits, type PoolLimits } from './dialects/server-url.ts'
import { ledgers } from './migrations/ledgers.ts'
import { schemaVersion } from './store/schema-version.ts'
import { hasEvents } from './noted-events.ts'
import type { Database, Db, Tx } from './schema.ts'
import { DatabaseBusy, DatabaseUnavailable } from './unavailable.ts'

export interface Store {
  readonly db: Db
  readonly dialect: DatabaseDialect
  /**
   * Runs `body` in one transaction; all or nothing. Repeats it up to seven times when the database reports a conflict, and
   * when the connection was lost before anything can have been committed, so `body` must have no effect but on `tx`, and
   * must await nothing but the database. A broken unique key is repeated too, three times: on a server two transactions may look for the
   * same row, find none and insert it; the repeat finds the other's. What breaks one regardless is thrown. Throws `DatabaseUnavailable` when the database stays away, `DatabaseBusy` when
   * the conflicts do not end.
   */
  transaction<T>(body: (tx: Tx) => Promise<T>): Promise<T>
  /** Calls `listener` after each transaction of this process that wrote events; it must not throw. Answers what ends it. */
  onEvents(listener: () => void): () => void
  close(): Promise<void>
}

/**
 * `sqlite:<path>`, `sqlite::memory:`, `postgres://…` or `mariadb://…` (see `dialects/server-url.ts`). Does not migrate: see
 * {@link migrate}. A server need not be there yet.
 */
export async function openStore(url: string, limits: Partial<PoolLimits> = {}): Promise<Store> {
  const dialect = await dialectOf(url, { ...defaultPoolLimits, ...limits })
  const db = new Kysely<Database>({ dialect: dialect.kysely })
  const listeners = new Set<() => void>()
  return {
    db,
    dialect,
    async transaction(body) {
      let committed: Tx | undefined
      const result = await withRepeats(dialect, db, (tx) => {
        committed = tx
        return body(tx)
      })
      if (committed !== undefined && hasEvents(committed)) for (const tell of listeners) tell()
      return result
    },
    onEvents(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => db.destroy(),
  }
}

/** As `[database]` of the configuration says. */
export function openConfiguredStore(settings: {
  readonly url: string
  readonly pool_max: number
  readonly acquire_timeout_s: number
  readonly statement_timeout_s: number
}): Promise<Store> {
  return openStore(settings.url, {
    max: settings.pool_max,
    acquireTimeoutMs: settings.acquire_timeout_s * 1000,
    statementTimeoutMs: settings.statement_timeout_s * 1000,
  })
}

async function dialectOf(url: string, limits: PoolLimits): Promise<DatabaseDialect> {
  const [scheme, rest] = splitScheme(url)
  if (scheme === 'sqlite') {
    const { sqliteDialect } = await import('./dialects/sqlite.ts')
    return sqliteDialect(rest)
  }
  if (scheme === 'postgres' || scheme === 'postgresql') {
    const { postgresDialect } = await import('./dialects/postgres.ts')
    return postgresDialect(url, limits)
  }
  if (scheme === 'mariadb' || scheme === 'mysql') {
    const { mariadbDialect } = await import('./dialects/mariadb.ts')
    return mariadbDialect(url, limits)
  }
  throw new Error(`database url "${scheme}:…": known are sqlite:<path>, postgres://… and mariadb://…`)
}

function splitScheme(url: string): [scheme: string, rest: string] {
  const colon = url.indexOf(':')
  const rest = url.slice(colon + 1)
  return [url.slice(0, colon), rest.startsWith('//') ? rest.slice(2) : rest]
}

/** Tries of one transaction. */
const tries = 8
/** Of those, because of a unique key. */
const duplicateTries = 4
/** Milliseconds after which a transaction that keeps losing its connection is given up. */
const unavailableLimitMs = 10_000

async function withRepeats<T>(
  dialect: DatabaseDialect,
  db: Kysely<Database>,
  body: (tx: Tx) => Promise<T>,
): Promise<T> {
  const startedAt = Date.now()
  let duplicates = 0
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(body)
    } catch (error) {
      const again =
        error instanceof DatabaseUnavailable
          ? !error.maybeCommitted && Date.now() - startedAt < unavailableLimitMs
          : dialect.isConflict(error) || (dialect.isDuplicate(error) && ++duplicates < duplicateTries)
      if (again && attempt >= tries && dialect.isConflict(error)) throw new DatabaseBusy({ cause: error })
      if (!again || attempt >= tries) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(1000, 20 * 2 ** attempt)))
    }
  }
}

/** Brings the schema up to date; a no-op when it is. Throws with the name of the migration that failed. */
export async function migrate(store: Store): Promise<void> {
  const { pending, unknown } = await schemaVersion(store.db)
  if (pending.length === 0 && unknown.length === 0) return
  const { Migrator } = await import('kysely/migration')
  for (const ledger of ledgers) {
    const migrator = new Migrator({
      db: store.db,
      provider: { getMigrations: async () => ({ ...ledger.migrations }) },
      migrationTableName: ledger.table,
      migrationLockTableName: ledger.lockTable,
    })
    const { error, results } = await migrator.migrateToLatest()
    if (error === undefined) continue
    const failed = results?.find((result) => result.status === 'Error')?.migrationName
    // Without one the database could not even be opened or read: that error is the sentence.
    if (failed === undefined) throw error
    throw new Error(`database migration failed at ${ledger.prefix}${failed}`, { cause: error })
  }
}
