/**
 * Copies a whole deployment into an empty database of another kind: every table, in batches, each inside one transaction, so that
 * neither side ever holds a whole table. The target is told apart from a deployment by having no rows, and is checked afterwards row
 * by row count and by a digest of every row.
 */
import { hash } from 'node:crypto'
import { sql } from 'kysely'
import { migrate, openStore, type Store } from './open.ts'
import { isLedger } from './migrations/ledgers.ts'
import { schemaVersion } from './store/schema-version.ts'

export interface CopiedTable {
  readonly table: string
  readonly rows: number
}

/** Rows read at once and written in one transaction: some MiB where each holds a long text. */
export const rowsAtOnce = 500
/** Rows per statement: with the widest table that is below what any of the databases takes in one. */
const rowsPerInsert = 100

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
  const keys = await primaryKeys()
  const tables = await tablesOf(from)
  for (const table of tables) {
    if ((await countOf(to, table)) > 0)
      throw new Error(`the target is not empty (${table} has rows): make a new database to copy into`)
  }
  const copied: CopiedTable[] = []
  for (const table of tables) {
    let rows = 0
    for await (const some of batches(from, table, keyOf(keys, table))) {
      await to.transaction(async (tx) => {
        for (let at = 0; at < some.length; at += rowsPerInsert) {
          await tx
            .insertInto(table as AnyTable)
            .values(some.slice(at, at + rowsPerInsert) as never)
            .execute()
        }
      })
      rows += some.length
    }
    const one = { table, rows }
    copied.push(one)
    told(one)
  }
  for (const { table, rows } of copied) {
    const key = keyOf(keys, table)
    if (
      (await countOf(to, table)) !== rows ||
      (await digestOf(from, table, key)) !== (await digestOf(to, table, key))
    )
      throw new Error(`${table} differs after copying: throw the target away, and keep the source`)
  }
  return copied
}

type AnyTable = 'shares'
type Row = Readonly<Record<string, unknown>>

async function tablesOf({ db }: Store): Promise<string[]> {
  const tables = await db.introspection.getTables()
  return tables
    .map(({ name }) => name)
    .filter((name) => !isLedger(name))
    .sort()
}

/** Of every table, as the migrations make them: an empty SQLite tells, whatever the two databases are. */
async function primaryKeys(): Promise<ReadonlyMap<string, readonly string[]>> {
  const model = await openStore('sqlite::memory:')
  try {
    await migrate(model)
    const { rows } = await sql<{ table: string; column: string }>`
      select m.name as "table", c.name as "column" from sqlite_master m join pragma_table_info(m.name) c
      where m.type = 'table' and c.pk > 0 order by m.name, c.pk`.execute(model.db)
    const keys = Map.groupBy(rows, ({ table }) => table)
    return new Map([...keys].map(([table, of]) => [table, of.map(({ column }) => column)]))
  } finally {
    await model.close()
  }
}

function keyOf(keys: ReadonlyMap<string, readonly string[]>, table: string): readonly string[] {
  const key = keys.get(table)
  if (key === undefined) throw new Error(`${table} is no table of this program: the source is not ours alone`)
  return key
}

async function countOf({ db }: Store, table: string): Promise<number> {
  const row = await db
    .selectFrom(table as AnyTable)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** All rows in the order of the primary key, some at a time: each batch begins behind the last row of the one before. */
async function* batches({ db }: Store, table: string, key: readonly string[]): AsyncGenerator<Row[]> {
  for (let last: Row | undefined; ;) {
    let query = db
      .selectFrom(table as AnyTable)
      .selectAll()
      .limit(rowsAtOnce)
    for (const column of key) query = query.orderBy(sql.ref(column))
    if (last !== undefined) query = query.where(behind(key, last))
    const rows = (await query.execute()) as unknown as Row[]
    if (rows.length > 0) yield rows
    if (rows.length < rowsAtOnce) return
    last = rows.at(-1)
  }
}

/** `(a, b) > (1, 2)` in words that every planner finds an index for: `a >= 1 and (a > 1 or (a = 1 and b > 2))`. */
function behind(key: readonly string[], last: Row) {
  const [first = '', ...rest] = key
  const after = (column: string, more: readonly string[]): ReturnType<typeof sql<boolean>> => {
    const [next, ...others] = more
    const value = last[column]
    if (next === undefined) return sql<boolean>`${sql.ref(column)} > ${value}`
    return sql<boolean>`(${sql.ref(column)} > ${value} or (${sql.ref(column)} = ${value} and ${after(next, others)}))`
  }
  return sql<boolean>`(${sql.ref(first)} >= ${last[first]} and ${after(first, rest)})`
}

/** Of all rows, whatever order they come in: the sum of each one's digest. Numbers and their text are the same. */
async function digestOf(store: Store, table: string, key: readonly string[]): Promise<bigint> {
  let sum = 0n
  for await (const rows of batches(store, table, key)) {
    for (const row of rows) sum += digestOfRow(row)
  }
  return BigInt.asUintN(256, sum)
}

function digestOfRow(row: Row): bigint {
  const fields = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify(fields.map(([name, value]) => [name, value === null ? null : String(value)]))
  return BigInt(`0x${hash('sha256', text, 'hex')}`)
}
