/** How far a database's schema is, read without changing anything. */
import { sql } from 'kysely'
import { migrations } from '../migrations/index.ts'
import type { Db } from '../schema.ts'

export interface SchemaVersion {
  /** The newest migration that was applied; null for an empty database. */
  readonly at: string | null
  /** The newest one that this program knows. */
  readonly newest: string
  /** Known and not applied, in order. */
  readonly pending: readonly string[]
  /** Applied and not known: a newer program was here. */
  readonly unknown: readonly string[]
}

export async function schemaVersion(db: Db): Promise<SchemaVersion> {
  const known = Object.keys(migrations).sort()
  const applied = await appliedMigrations(db)
  return {
    at: applied.at(-1) ?? null,
    newest: known.at(-1) ?? '',
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  }
}

/** The table is Kysely's; it is there once the first migration ran. */
async function appliedMigrations(db: Db): Promise<string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
    return rows.map(({ name }) => name)
  } catch (error) {
    // Only now: every start asks, and this lists every column of every table.
    const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
    if (tables.some(({ name }) => name === 'kysely_migration')) throw error
    return []
  }
}
