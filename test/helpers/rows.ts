/** The database of a deployment as its administrator sees it: plain SQL on any of the three, past the service's own code. */
import { DatabaseSync } from 'node:sqlite'

type Value = string | number | null

export interface Rows extends AsyncDisposable {
  /** Placeholders are `?`. Whole numbers come as numbers. */
  all<Row>(sql: string, ...values: readonly Value[]): Promise<Row[]>
  /** Answers how many rows it changed. */
  run(sql: string, ...values: readonly Value[]): Promise<number>
  /** From now on no reference is checked. */
  trustMe(): Promise<void>
}

/** `url` as in the service's configuration. */
export async function openRows(url: string): Promise<Rows> {
  if (url.startsWith('sqlite:')) return sqlite(url.slice('sqlite:'.length))
  return url.startsWith('postgres') ? postgres(url) : mariadb(url)
}

function sqlite(file: string): Rows {
  const db = new DatabaseSync(file)
  return {
    all: async <Row>(sql: string, ...values: readonly Value[]) => db.prepare(sql).all(...values) as Row[],
    run: async (sql, ...values) => Number(db.prepare(sql).run(...values).changes),
    trustMe: async () => db.exec('pragma foreign_keys = off'),
    [Symbol.asyncDispose]: async () => db.close(),
  }
}

async function postgres(url: string): Promise<Rows> {
  const { default: pg } = await import('pg')
  const whole = [20, 1700]
  const getTypeParser = (oid: number, format?: 'text' | 'binary') =>
    whole.includes(oid) ? Number : pg.types.getTypeParser(oid, format as 'text')
  const client = new pg.Client({ connectionString: url, types: { getTypeParser } })
  await client.connect()
  const ask = (sql: string, values: readonly Value[]) => {
    let n = 0
    return client.query(
      sql.replaceAll('?', () => `$${++n}`),
      [...values],
    )
  }
  return {
    all: async <Row>(sql: string, ...values: readonly Value[]) => (await ask(sql, values)).rows as Row[],
    run: async (sql, ...values) => (await ask(sql, values)).rowCount ?? 0,
    trustMe: async () => void (await client.query('set session_replication_role = replica')),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

async function mariadb(url: string): Promise<Rows> {
  const { createConnection } = await import('mysql2/promise')
  const uri = url.replace(/^mariadb:/, 'mysql:')
  const client = await createConnection({ uri, decimalNumbers: true, charset: 'utf8mb4' })
  return {
    all: async <Row>(sql: string, ...values: readonly Value[]) =>
      (await client.query(sql, [...values]))[0] as Row[],
    run: async (sql, ...values) => {
      const [result] = await client.query(sql, [...values])
      return 'affectedRows' in result ? result.affectedRows : 0
    },
    trustMe: async () => void (await client.query('set foreign_key_checks = 0')),
    [Symbol.asyncDispose]: () => client.end(),
  }
}
