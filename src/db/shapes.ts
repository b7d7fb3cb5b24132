/**
 * Writes whose text depends on nothing but which columns they name. To build an insert of forty columns and to compile it takes as long as to
 * send it and to read its answer; here that is done once for each set of columns.
 */
import type { Compilable, CompiledQuery, Insertable, QueryResult, Updateable } from 'kysely'
import { compileBlank, fillIn, type Value } from './prepared.ts'
import type { Database, DbOrTx } from './schema.ts'

type Table = keyof Database & string
type Columns = Readonly<Record<string, Value | undefined>>

/** Shapes that are kept of a database, and values of the longest: one with many rows or ids is built each time, so that no number of them fills the room. */
const [mostShapes, mostValues] = [1000, 100]
const shapes = new WeakMap<object, Map<string, CompiledQuery>>()

/**
 * Runs what `build` makes of the values. It is built once for each `shape`, with something in the place of each value that is none, so it
 * only puts them into the statement; two that differ in anything else have different shapes.
 */
export async function ofShape<Row>(
  db: DbOrTx,
  shape: string,
  values: readonly Value[],
  build: (...values: readonly Value[]) => Compilable<Row>,
): Promise<QueryResult<Row>> {
  // The same for all transactions of a database, and for no other one.
  const { adapter, plugins } = db.getExecutor()
  // A plugin wants to see each statement, with its values.
  if (plugins.length > 0 || values.length > mostValues) return db.executeQuery(build(...values))
  const known = shapes.get(adapter) ?? new Map<string, CompiledQuery>()
  shapes.set(adapter, known)
  let statement = known.get(shape)
  if (statement === undefined) {
    statement = compileBlank(values.length, build)
    if (known.size < mostShapes) known.set(shape, statement)
  }
  return db.executeQuery(fillIn(statement as CompiledQuery<Row>, values))
}

/** Names and values of what is said; what is undefined is left out, as Kysely does. */
export function said(columns: object): {
  readonly names: readonly string[]
  readonly values: readonly Value[]
} {
  const entries = Object.entries(columns as Columns).filter(([, value]) => value !== undefined)
  return { names: entries.map(([name]) => name), values: entries.map(([, value]) => value as Value) }
}

/** The values under their names again. */
export const under = (names: readonly string[], values: readonly Value[]): Record<string, Value> =>
  Object.fromEntries(names.map((name, at) => [name, values[at] as Value]))

/** In one statement. All rows say the same columns. */
export async function insertRows<Name extends Table>(
  db: DbOrTx,
  table: Name,
  rows: readonly Insertable<Database[Name]>[],
): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  const { names } = said(first)
  if (rows.length > 1 && rows.some((row) => said(row).names.join() !== names.join()))
    throw new Error(`rows of one insert into ${table} name different columns`)
  const values = rows.flatMap((row) => names.map((name) => (row as Columns)[name] ?? null))
  await ofShape(db, `insert ${rows.length} ${table} ${names.join()}`, values, (...all) =>
    db
      .insertInto(table)
      .values(
        rows.map((_, at) => under(names, all.slice(at * names.length, (at + 1) * names.length))) as never,
      ),
  )
}

export const insertRow = <Name extends Table>(
  db: DbOrTx,
  table: Name,
  row: Insertable<Database[Name]>,
): Promise<void> => insertRows(db, table, [row])

/** Sets `columns` where all of `where` is so, none of it null; answers how many rows there are. */
export async function updateRows<Name extends Table>(
  db: DbOrTx,
  table: Name,
  columns: Updateable<Database[Name]>,
  where: Partial<Record<keyof Database[Name] & string, string | number>>,
): Promise<bigint> {
  const [set, those] = [said(columns), said(where)]
  const shape = `update ${table} ${set.names.join()} where ${those.names.join()}`
  const { numAffectedRows } = await ofShape(db, shape, [...set.values, ...those.values], (...all) => {
    // oxlint-disable-next-line typescript/no-explicit-any -- Kysely knows the columns of a table by its name, which is any here
    const query = db.updateTable(table as any).set(under(set.names, all) as never)
    return those.names.reduce(
      (narrowed, name, at) => narrowed.where(name as never, '=', all[set.names.length + at] as never),
      query,
    )
  })
  return numAffectedRows ?? 0n
}
