/**
 * Opens the shared database. `Store` is what everything else is handed: the connection pool, one way to run a
 * transaction (with repeats where the database asks for them), and the dialect's few differences.
 */
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { DatabaseDialect } from './dialects/dialect.ts'
import { migrations } from './migrations/index.ts'
import type { Database, Db, Tx } from './schema.ts'

export interface Store {
  readonly db: Db
  readonly dialect: DatabaseDialect
  /**
   * Runs `body` in one transaction; all or nothing. Repeats it up to five times when the database reports a conflict, so
   * `body` must have no effect but on `tx`, and must await nothing but the database.
   */
  transaction<T>(body: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** `sqlite:<path>` or `sqlite::memory:`. Does not migrate: see {@link migrate}. */
export async function openStore(url: string): Promise<Store> {
  const dialect = await dialectOf(url)
  const db = new Kysely<Database>({ dialect: dialect.kysely })
  return {
    db,
    dialect,
    transaction: (body) => withRepeats(dialect, () => db.transaction().execute(body)),
    close: () => db.destroy(),
  }
}

async function dialectOf(url: string): Promise<DatabaseDialect> {
  const [scheme, rest] = splitScheme(url)
  if (scheme === 'sqlite') {
    const { sqliteDialect } = await import('./dialects/sqlite.ts')
    return sqliteDialect(rest)
  }
  throw new Error(`database url "${scheme}:…": known are sqlite:<path>`)
}

function splitScheme(url: string): [scheme: string, rest: string] {
  const colon = url.indexOf(':')
  const rest = url.slice(colon + 1)
  return [url.slice(0, colon), rest.startsWith('//') ? rest.slice(2) : rest]
}

const conflictRepeats = 5

async function withRepeats<T>(dialect: DatabaseDialect, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt >= conflictRepeats || !dialect.isConflict(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt))
    }
  }
}

/** Brings the schema up to date; a no-op when it is. Throws with the name of the migration that failed. */
export async function migrate(store: Store): Promise<void> {
  const migrator = new Migrator({
    db: store.db,
    provider: { getMigrations: async () => ({ ...migrations }) },
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error === undefined) return
  const failed = results?.find((result) => result.status === 'Error')?.migrationName
  // Without one the database could not even be opened or read: that error is the sentence.
  if (failed === undefined) throw error
  throw new Error(`database migration failed at ${failed}`, { cause: error })
}
