/**
 * A process that asks a database statements, a few lanes at once, and does nothing else: what there is without a service. It is sent a
 * {@link BareRound} after the other, and answers each with how often it asked all of its statements in that time.
 */
import { createConnection, type Connection } from 'mariadb/callback'
import { Pool } from 'pg'
import { serverAddress } from '../../src/db/dialects/server-url.ts'

export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

interface Lanes {
  readonly url: string
  readonly database: 'postgres' | 'mariadb'
  /** At once, a connection each. */
  readonly lanes: number
}

export interface BareRound extends Lanes {
  readonly statements: readonly Statement[]
  readonly ms: number
}

type Ask = (statements: readonly Statement[]) => Promise<void>

function postgres({ url, lanes }: Lanes): Ask {
  const { host, port, user, password, database, socket } = serverAddress(url, 5432)
  const pool = new Pool({ host: socket ?? host, port, user, password, database, max: lanes })
  const names = new Map<string, string>()
  return async (statements) => {
    for (const { sql: text, parameters } of statements) {
      if (!names.has(text)) names.set(text, `s${names.size}`)
      await pool.query({ name: names.get(text) ?? '', text, values: [...parameters] })
    }
  }
}

function mariadb({ url, lanes }: Lanes): Ask {
  const { host, port, user, password, database, socket } = serverAddress(url, 3306)
  const where = socket === null ? { host, port } : { socketPath: socket }
  const idle = Array.from({ length: lanes }, () => createConnection({ ...where, user, password, database }))
  // The library prepares nothing before it knows what server it speaks to.
  const connected = Promise.all(
    idle.map((one) => new Promise<void>((resolve) => one.query('select 1', () => resolve()))),
  )
  const asked = (connection: Connection, { sql, parameters }: Statement): Promise<void> =>
    new Promise((resolve, reject) =>
      connection.execute({ sql, rowsAsArray: true }, [...parameters], (error) =>
        error === null ? resolve() : reject(error),
      ),
    )
  return async (statements) => {
    await connected
    const connection = idle.pop()
    if (connection === undefined) throw new Error('more at once than lanes')
    for (const statement of statements) await asked(connection, statement)
    idle.push(connection)
  }
}

let ask: Ask | undefined
process.on('message', (round: BareRound) => {
  const { statements, ms, lanes, database } = round
  const asking = (ask ??= { postgres, mariadb }[database](round))
  const until = performance.now() + ms
  let answers = 0
  const lane = async (): Promise<void> => {
    for (; performance.now() < until; answers++) await asking(statements)
  }
  void Promise.all(Array.from({ length: lanes }, lane)).then(() => process.send?.(answers))
})
