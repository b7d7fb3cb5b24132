/**
 * Every table of a PostgreSQL or MariaDB database in a SQLite database in memory, so that the same questions can be asked of
 * all three. Shares no code with the service: the database libraries alone, and their own wording.
 */
import { DatabaseSync } from 'node:sqlite'

/** `url` as in the service's configuration. */
export async function copyOf(url) {
  const { tables, rows, close } = url.startsWith('postgres') ? await postgres(url) : await mariadb(url)
  const copy = new DatabaseSync(':memory:')
  for (const [table, columns] of await tables()) {
    copy.exec(`create table "${table}" (${columns.map((column) => `"${column}"`).join(', ')})`)
    const marks = columns.map(() => '?').join(', ')
    const insert = copy.prepare(`insert into "${table}" values (${marks})`)
    copy.exec('begin')
    for (const row of await rows(table)) insert.run(...columns.map((column) => plain(row[column])))
    copy.exec('commit')
  }
  await close()
  return copy
}

/** Whole numbers come as text from both libraries when they might not fit. */
function plain(value) {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'boolean') return Number(value)
  return value
}

const columnsByTable = (list) => {
  const tables = new Map()
  for (const { table, column } of list) tables.set(table, [...(tables.get(table) ?? []), column])
  return tables
}

async function postgres(url) {
  const { default: pg } = await import('pg')
  const client = new pg.Client({
    connectionString: url,
    types: {
      getTypeParser: (oid, format) =>
        [20, 1700].includes(oid) ? Number : pg.types.getTypeParser(oid, format),
    },
  })
  await client.connect()
  // One moment for all tables.
  await client.query('begin isolation level repeatable read read only')
  return {
    tables: async () =>
      columnsByTable(
        (
          await client.query(
            `select table_name as table, column_name as column from information_schema.columns where table_schema = 'public' order by table_name, ordinal_position`,
          )
        ).rows,
      ),
    rows: async (table) => (await client.query(`select * from "${table}"`)).rows,
    close: () => client.end(),
  }
}

async function mariadb(url) {
  const { createConnection } = await import('mysql2/promise')
  const client = await createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    decimalNumbers: true,
    charset: 'utf8mb4',
  })
  await client.query('set session transaction isolation level repeatable read')
  await client.query('start transaction with consistent snapshot')
  return {
    tables: async () =>
      columnsByTable(
        (
          await client.query(
            'select table_name as `table`, column_name as `column` from information_schema.columns where table_schema = database() order by table_name, ordinal_position',
          )
        )[0],
      ),
    rows: async (table) => (await client.query(`select * from \`${table}\``))[0],
    close: () => client.end(),
  }
}
