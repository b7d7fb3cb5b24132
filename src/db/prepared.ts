/**
 * Statements that are the same but for their values. To build one of thirty columns and to compile it takes a tenth of a millisecond and
 * more, as long as to send it and to read its answer; here that is done once for each database.
 */
import type { Compilable, CompiledQuery } from 'kysely'
import type { DbOrTx } from './schema.ts'

type Value = string | number | null

/** Stands for a value while the statement is compiled. */
class Blank {
  readonly at: number
  constructor(at: number) {
    this.at = at
  }
}

/**
 * Answers what runs the statement with values. `build` names each of them as a parameter of its own and only puts it into the
 * statement: it is called once, with something in its place that is none.
 */
export function prepared<Values extends readonly Value[], Row>(
  build: (db: DbOrTx, ...values: Values) => Compilable<Row>,
): (db: DbOrTx, ...values: Values) => Promise<Row[]> {
  const known = new WeakMap<object, CompiledQuery<Row>>()
  const blanks = Array.from({ length: build.length - 1 }, (_, at) => new Blank(at))
  return async (db, ...values) => {
    // The same for all transactions of a database, and for no other one.
    const { adapter, plugins } = db.getExecutor()
    // A plugin wants to see each statement, with its values.
    if (plugins.length > 0) return (await db.executeQuery<Row>(build(db, ...values))).rows
    let statement = known.get(adapter)
    if (statement === undefined) {
      statement = build(db, ...(blanks as unknown as Values)).compile()
      known.set(adapter, statement)
    }
    const parameters = statement.parameters.map((one) => (one instanceof Blank ? values[one.at] : one))
    return (await db.executeQuery<Row>({ ...statement, parameters })).rows
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
