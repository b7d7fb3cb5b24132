/** What a database server itself has counted, whoever asked it. */
import { openRows, type Rows } from '../../helpers/rows.ts'

export interface Counters extends AsyncDisposable {
  /** Since the server's start, without those of this reader. */
  read(): Promise<Counted>
}

export interface Counted {
  /** Without those that begin and end transactions. */
  readonly statements: number
  /** Ended with a statement of their own on MariaDB; on PostgreSQL also each statement that stands alone. */
  readonly transactions: number
}

/** `url` is of somebody who may see the server's status; on PostgreSQL the server must have been started with `statistics`. */
export async function openCounters(url: string): Promise<Counters> {
  const rows = await openRows(url)
  const isPostgres = url.startsWith('postgres')
  if (isPostgres) await rows.run('create extension if not exists pg_stat_statements')
  let own = 0
  return {
    async read() {
      own++
      return isPostgres ? postgres(rows) : mariadb(rows, own)
    },
    [Symbol.asyncDispose]: () => rows[Symbol.asyncDispose](),
  }
}

async function mariadb(rows: Rows, own: number): Promise<Counted> {
  const found = await rows.all<{ name: string; value: string }>(
    `select variable_name as name, variable_value as value from information_schema.global_status
      where variable_name in ('QUESTIONS', 'COM_BEGIN', 'COM_COMMIT', 'COM_ROLLBACK')`,
  )
  const of = (name: string): number => Number(found.find((row) => row.name === name)?.value ?? 0)
  return {
    statements: of('QUESTIONS') - of('COM_BEGIN') - of('COM_COMMIT') - of('COM_ROLLBACK') - own,
    transactions: of('COM_COMMIT') + of('COM_ROLLBACK'),
  }
}

/** Milliseconds after which a backend that is idle has told what it counted. */
const toldAfterMs = 1200

async function postgres(rows: Rows): Promise<Counted> {
  await new Promise((resolve) => setTimeout(resolve, toldAfterMs))
  const [statements] = await rows.all<{ calls: number }>(
    `select coalesce(sum(calls), 0) as calls from pg_stat_statements
      where query !~* '^(begin|commit|rollback)' and query !~ 'pg_stat_'`,
  )
  const [transactions] = await rows.all<{ commits: number }>(
    `select sum(xact_commit) as commits from pg_stat_database where datname = 'manila'`,
  )
  return { statements: statements?.calls ?? 0, transactions: transactions?.commits ?? 0 }
}
