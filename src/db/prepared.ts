/**
 * Statements that are the same but for their values. To build one of thirty columns and to compile it takes a tenth of a millisecond and
 * more, as long as to send it and to read its answer; here that is done once for each database.
 */
import type { Compilable, CompiledQuery } from 'kysely'
import type { DbOrTx } from './schema.ts'

export type Value = string | number | null

/** Stands for a value while the statement is compiled. */
class Blank {
  readonly at: number
  constructor(at: number) {
    this.at = at
  }
}

/** What `build` makes of so many values, compiled with a blank in the place of each. */
export function compileBlank<Row>(
  count: number,
  build: (...values: readonly Value[]) => Compilable<Row>,
): CompiledQuery<Row> {
  const blanks = Array.from({ length: count }, (_, at) => new Blank(at))
  return build(...(blanks as unknown as readonly Value[])).compile()
}

/** The statement with the values in their places. */
export const fillIn = <Row>(statement: CompiledQuery<Row>, values: readonly Value[]): CompiledQuery<Row> => ({
  ...statement,
  parameters: statement.parameters.map((one) => (one instanceof Blank ? values[one.at] : one)),
})

/**
 * Answers what runs the statement with values. `build` names each of them as a parameter of its own and only puts it into the
 * statement: it is called once, with something in its place that is none.
 */
export function prepared<Values extends readonly Value[], Row>(
  build: (db: DbOrTx, ...values: Values) => Compilable<Row>,
): (db: DbOrTx, ...values: Values) => Promise<Row[]> {
  const known = new WeakMap<object, CompiledQuery<Row>>()
  return async (db, ...values) => {
    // The same for all transactions of a database, and for no other one.
    const { adapter, plugins } = db.getExecutor()
    // A plugin wants to see each statement, with its values.
    if (plugins.length > 0) return (await db.executeQuery<Row>(build(db, ...values))).rows
    let statement = known.get(adapter)
    if (statement === undefined) {
      statement = compileBlank(build.length - 1, (...blanks) => build(db, ...(blanks as unknown as Values)))
      known.set(adapter, statement)
    }
    return (await db.executeQuery<Row>(fillIn(statement, values))).rows
  }
}

/** The same of the beginning of statements that go on in many ways: it is built once for each database. */
export function lasting<Query extends object>(build: (db: DbOrTx) => Query): (db: DbOrTx) => Query {
  const known = new WeakMap<DbOrTx, Query>()
  return (db) => {
    const query = known.get(db) ?? build(db)
    known.set(db, query)
    return query
  }
}
