/** How far a database's schema is, read without changing anything. */
import { sql } from 'kysely'
import { ledgers, type Ledger } from '../migrations/ledgers.ts'
import type { Db } from '../schema.ts'

export interface SchemaVersion {
  /** The newest migration of the first ledger that was applied; null for an empty database. */
  readonly at: string | null
  /** The newest of them that this program knows. */
  readonly newest: string
  /** Known and not applied, in order; those of the other ledger with its name in front. */
  readonly pending: readonly string[]
  /** Applied and not known: a newer program was here. */
  readonly unknown: readonly string[]
}

export async function schemaVersion(db: Db): Promise<SchemaVersion> {
  const versions = await Promise.all(ledgers.map((ledger) => versionIn(db, ledger)))
  const [first] = versions
  return {
    at: first?.at ?? null,
    newest: first?.newest ?? '',
    pending: versions.flatMap(({ pending }) => pending),
    unknown: versions.flatMap(({ unknown }) => unknown),
  }
}

async function versionIn(db: Db, { prefix, table, migrations }: Ledger): Promise<SchemaVersion> {
  const known = Object.keys(migrations).sort()
  const applied = await appliedMigrations(db, table)
  const told = (name: string): string => `${prefix}${name}`
  return {
    at: applied.at(-1) ?? null,
    newest: known.at(-1) ?? '',
    pending: known.filter((name) => !applied.includes(name)).map(told),
    unknown: applied.filter((name) => !known.includes(name)).map(told),
  }
}

/** The table is Kysely's; it is there once the first migration of the ledger ran. */
async function appliedMigrations(db: Db, table: string): Promise<string[]> {
  const read = async (): Promise<string[]> => {
    const query = sql<{ name: string }>`select name from ${sql.table(table)} order by name`
    return (await query.execute(db)).rows.map(({ name }) => name)
  }
  try {
    return await read()
  } catch {
    // Only now: every start asks, and this lists every column of every table.
    const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
    // It may have come between the two, with another process that starts.
    return tables.some(({ name }) => name === table) ? read() : []
  }
}
