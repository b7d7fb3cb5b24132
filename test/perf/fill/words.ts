/** The few words that databases have each their own way: enough to make millions of rows inside them, with no row on the wire. */
import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { openRows, type Rows } from '../../helpers/rows.ts'

export interface Words extends AsyncDisposable {
  /** Runs a statement; answers its rows. */
  all<Row>(statement: string): Promise<Row[]>
  run(statement: string): Promise<void>
  /** A table expression of the whole numbers `n` from `first` to `last`, under a name. */
  numbers(first: number, last: number, as: string): string
  /** Hexadecimal, small, at least `digits` long; `value` is an expression. */
  hex(value: string, digits: number): string
  sha256(value: string): string
  /** Of a whole number, as text. */
  text(value: string): string
  /** Divides whole numbers. */
  div(value: string, by: string): string
  /** Makes the planner look at what is there now. */
  analyze(tables: readonly string[]): Promise<void>
}

/** `url` as in the service's configuration. */
export async function openWords(url: string): Promise<Words> {
  if (url.startsWith('sqlite:')) return sqlite(url.slice('sqlite:'.length))
  const rows = await openRows(url)
  return url.startsWith('postgres') ? postgres(rows) : mariadb(rows)
}

function sqlite(file: string): Words {
  const db = new DatabaseSync(file)
  db.function('sha256_of', { deterministic: true }, (value) =>
    createHash('sha256').update(String(value)).digest('hex'),
  )
  db.exec('pragma synchronous = off; pragma cache_size = -262144; pragma foreign_keys = off')
  return {
    all: async <Row>(statement: string) => db.prepare(statement).all() as Row[],
    run: async (statement) => db.exec(statement),
    numbers: (first, last, as) =>
      `(with recursive c(n) as (select ${first} union all select n + 1 from c where n < ${last}) select n from c) ${as}`,
    hex: (value, digits) => `printf('%0${digits}x', ${value})`,
    sha256: (value) => `sha256_of(${value})`,
    text: (value) => `cast(${value} as text)`,
    div: (value, by) => `((${value}) / (${by}))`,
    // Nobody does so for a service on a file either, and what it plans by is then whether there is an index, not how much is in it.
    analyze: async () => {},
    [Symbol.asyncDispose]: async () => db.close(),
  }
}

async function postgres(rows: Rows): Promise<Words> {
  await rows.run('set synchronous_commit = off')
  return {
    all: (statement) => rows.all(statement),
    run: async (statement) => void (await rows.run(statement)),
    numbers: (first, last, as) => `generate_series(${first}::bigint, ${last}::bigint) ${as}(n)`,
    hex: (value, digits) => `lpad(to_hex(${value}), ${digits}, '0')`,
    sha256: (value) => `encode(sha256(convert_to(${value}, 'UTF8')), 'hex')`,
    text: (value) => `cast(${value} as text)`,
    div: (value, by) => `((${value}) / (${by}))`,
    async analyze(tables) {
      // What is not on the disk yet is not taken for seen by all.
      await rows.run('set synchronous_commit = on')
      for (const table of tables) await rows.run(`analyze ${table}`)
      // The server does so by itself, in time; here a year has passed.
      for (const table of tables) await rows.run(`vacuum ${table}`)
    },
    [Symbol.asyncDispose]: () => rows[Symbol.asyncDispose](),
  }
}

async function mariadb(rows: Rows): Promise<Words> {
  await rows.run(`set session sql_mode = 'PIPES_AS_CONCAT,STRICT_ALL_TABLES', max_statement_time = 0`)
  // With both off, InnoDB sorts what comes into an empty table and builds its indexes at once.
  await rows.run('set session unique_checks = 0, foreign_key_checks = 0')
  return {
    all: (statement) => rows.all(statement),
    run: async (statement) => void (await rows.run(statement)),
    numbers: (first, last, as) => `(select seq as n from seq_${first}_to_${last}) ${as}`,
    hex: (value, digits) => `lower(lpad(hex(${value}), ${digits}, '0'))`,
    sha256: (value) => `sha2(${value}, 256)`,
    text: (value) => `cast(${value} as char)`,
    div: (value, by) => `((${value}) div (${by}))`,
    async analyze(tables) {
      for (const table of tables) await rows.all(`analyze table ${table}`)
    },
    [Symbol.asyncDispose]: () => rows[Symbol.asyncDispose](),
  }
}
