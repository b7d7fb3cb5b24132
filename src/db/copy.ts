/**
 * Copies a whole deployment into an empty database of another kind: every table, in batches, each inside one transaction. The target
 * is told apart from a deployment by having no rows, and is checked afterwards row by row count and by a digest of every row.
 */
import { createHash } from 'node:crypto'
import { migrate, type Store } from './open.ts'
import { schemaVersion } from './store/schema-version.ts'

export interface CopiedTable {
  readonly table: string
  readonly rows: number
}

/** Rows per statement: with the widest table that is below what any of the databases takes in one. */
const batch = 100

/** Throws a sentence when the source is not up to date, the target is not empty, or what arrived differs. */
export async function copyDatabase(
  from: Store,
  to: Store,
  told: (table: CopiedTable) => void = () => {},
): Promise<CopiedTable[]> {
  const { pending, unknown } = await schemaVersion(from.db)
  if (pending.length + unknown.length > 0)
    throw new Error('the source has another schema than this program: run manila-manage db sync on it first')
  await migrate(to)
  const tables = await tablesOf(from)
  for (const table of tables) {
    if ((await countOf(to, table)) > 0)
      throw new Error(`the target is not empty (${table} has rows): make a new database to copy into`)
  }
  const copied: CopiedTable[] = []
  for (const table of tables) {
    const rows = await copyTable(from, to, table)
    const one = { table, rows }
    copied.push(one)
    told(one)
  }
  for (const { table, rows } of copied) {
    if ((await countOf(to, table)) !== rows || (await digestOf(from, table)) !== (await digestOf(to, table)))
      throw new Error(`${table} differs after copying: throw the target away, and keep the source`)
  }
  return copied
}

type AnyTable = 'shares'

async function tablesOf({ db }: Store): Promise<string[]> {
  return (await db.introspection.getTables()).map(({ name }) => name).sort()
}

async function countOf({ db }: Store, table: string): Promise<number> {
  const row = await db
    .selectFrom(table as AnyTable)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

async function copyTable(from: Store, to: Store, table: string): Promise<number> {
  const rows = await from.db
    .selectFrom(table as AnyTable)
    .selectAll()
    .execute()
  await to.transaction(async (tx) => {
    for (let at = 0; at < rows.length; at += batch) {
      const part = rows.slice(at, at + batch).map((row) => ({ ...row }))
      await tx
        .insertInto(table as AnyTable)
        .values(part)
        .execute()
    }
  })
  return rows.length
}

/** Of all rows, whatever order they come in; numbers and their text are the same. */
async function digestOf({ db }: Store, table: string): Promise<string> {
  const rows = await db
    .selectFrom(table as AnyTable)
    .selectAll()
    .execute()
  const lines = rows.map((row) => {
    const fields = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))
    return JSON.stringify(fields.map(([name, value]) => [name, value === null ? null : String(value)]))
  })
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}
