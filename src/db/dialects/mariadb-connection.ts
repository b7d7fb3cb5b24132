/**
 * One session on a MariaDB server, through its own connector. Statements that are asked often are prepared, their rows come as arrays and
 * are put into objects of one shape; an update counts the rows it found, not the rows it changed, because a status that was already right is
 * a winner too.
 */
import { connect, type Socket } from 'node:net'
import { rootCertificates } from 'node:tls'
import type { CompiledQuery, QueryResult } from 'kysely'
import { createConnection, type Connection, type FieldInfo } from 'mariadb/callback'
import { behindMarker } from './dialect.ts'
import { OftenAsked } from './often-asked.ts'
import type { Traffic } from './pooled-driver.ts'
import { rowMaker, type RowMaker } from './row-maker.ts'
import type { ServerAddress } from './server-url.ts'

/** What a statement without rows answers. */
interface Written {
  readonly affectedRows: number
}
type Answer = readonly unknown[] | Written

/** Of a session. A server has room for 16,382 of all its sessions, unless it is told otherwise. */
const preparedStatements = 200
/** Can't create more of them (`max_prepared_stmt_count`). */
const noRoomForStatements = 1461
/** The same statements on every session of the process. */
const often = new OftenAsked(preparedStatements)

/**
 * Up to 10.11 the planner takes a `ref` for at most a tenth of what it costs, in case of doubt. So a page behind a marker was read by
 * `is_soft_deleted = 0` from the list's first row on, in place of the range of the same index that begins at the marker: 305 ms in place of
 * 2 with 100,000 shares. The server can be told to count right (10.11.8). For these statements alone: what is counted right is read whole
 * sooner, too, and a first page would be.
 */
const trueCosts =
  "set statement optimizer_adjust_secondary_key_costs = concat(@@optimizer_adjust_secondary_key_costs, ',disable_max_seek') for "
/** A variable or a value of it that this server does not have. */
const unknownSetting = [1193, 1231, 1232]

export class MariadbConnection {
  readonly #address: ServerAddress
  readonly #connection: Connection
  readonly #socket: Socket
  /** By the description of an answer, which all answers to a prepared statement share. */
  readonly #makers = new WeakMap<readonly FieldInfo[], RowMaker>()
  #knowsCosts = false
  #broken = false

  private constructor(address: ServerAddress, connectTimeoutMs: number) {
    this.#address = address
    const { host, port, socket: path, user, password, database, tls } = address
    const socket = connect({ ...(path === null ? { host, port } : { path }), noDelay: true, keepAlive: true })
    this.#socket = socket
    this.#connection = createConnection({
      // Of its own socket the library lets go only after it has ended the statement from another connection.
      stream: (given: (error: undefined, stream: Socket) => void) => given(undefined, socket),
      user,
      password,
      database,
      // Without a certificate of its own the library believes one that the server proves with the password.
      ...(tls === false ? {} : { ssl: { ca: [...rootCertificates], ...tls } as never }),
      collation: 'UTF8MB4_BIN',
      timezone: 'Z',
      connectTimeout: connectTimeoutMs,
      foundRows: true,
      bigIntAsNumber: true,
      insertIdAsNumber: true,
      decimalAsNumber: true,
      // Whether the server calls an aggregate JSON or text depends on how it reads the tables.
      jsonStrings: true,
      // Of two columns with one name the last counts.
      checkDuplicate: false,
      prepareCacheLength: preparedStatements,
      permitRedirect: false,
      // An error is written to a log, and values may be secrets.
      logParam: false,
      logger: { warning: () => {} },
    } as never)
    this.#connection.on('error', () => (this.#broken = true))
  }

  /** Connects and sets the session up: `session` are assignments. */
  static async open(
    address: ServerAddress,
    { session, connectTimeoutMs }: { readonly session: readonly string[]; readonly connectTimeoutMs: number },
  ): Promise<MariadbConnection> {
    const opened = new MariadbConnection(address, connectTimeoutMs)
    try {
      const connection = opened.#connection as Connection & { connect(done: (error: unknown) => void): void }
      await new Promise<void>((resolve, reject) =>
        connection.connect((error) => (isError(error) ? reject(error) : resolve())),
      )
      await opened.#query('set session transaction isolation level read committed')
      await opened.#query(`set ${session.map((one) => `session ${one}`).join(', ')}`)
      opened.#knowsCosts = await opened.#query(`${trueCosts}select 1`).then(
        () => true,
        (error: unknown) => {
          if (!unknownSetting.includes(numberOf(error))) throw error
          return false
        },
      )
      return opened
    } catch (error) {
      opened.destroy()
      throw error
    }
  }

  /** Whether it may be used once more. */
  get usable(): boolean {
    return !this.#broken && this.#connection.isValid()
  }

  async run({ sql, parameters }: CompiledQuery): Promise<QueryResult<unknown>> {
    const text = this.#knowsCosts && sql.includes(behindMarker) ? trueCosts + sql : sql
    const values = parameters.map(plain)
    const answer = await (often.has(text) ? this.#execute(text, values) : this.#query(text, values))
    return 'affectedRows' in answer
      ? { rows: [], numAffectedRows: BigInt(answer.affectedRows) }
      : { rows: answer as unknown[] }
  }

  #query(sql: string, values: readonly Value[] = []): Promise<Answer> {
    return new Promise((resolve, reject) =>
      this.#connection.query<Answer>({ sql }, values, (error, answer) =>
        isError(error) ? reject(error) : resolve(answer as Answer),
      ),
    )
  }

  #execute(sql: string, values: readonly Value[]): Promise<Answer> {
    return new Promise((resolve, reject) =>
      this.#connection.execute<Answer>({ sql, rowsAsArray: true }, values, (error, answer, columns) => {
        if (!isError(error)) return resolve(this.#shaped(answer as Answer, columns ?? []))
        if (numberOf(error) !== noRoomForStatements) return reject(error)
        often.rest()
        resolve(this.#query(sql, values))
      }),
    )
  }

  #shaped(answer: Answer, columns: readonly FieldInfo[]): Answer {
    if ('affectedRows' in answer) return answer
    let make = this.#makers.get(columns)
    if (make === undefined) {
      make = rowMakerOf(columns.map((column) => column.name()))
      this.#makers.set(columns, make)
    }
    return (answer as readonly (readonly unknown[])[]).map(make)
  }

  /** By another connection, best effort: an error means that the statement goes on. */
  interrupt(): void {
    // The request may arrive late and would then end the next statement: there is none on this connection.
    this.#broken = true
    this.#killQuery().catch(() => {})
  }

  async #killQuery(): Promise<void> {
    const session = ['max_statement_time = 1']
    const other = await MariadbConnection.open(this.#address, { session, connectTimeoutMs: killLimitMs })
    try {
      await other.#query(`kill query ${Number(this.#connection.threadId)}`)
    } finally {
      await other.end()
    }
  }

  traffic(): Traffic {
    return this.#socket
  }

  /** At once, whatever it is doing. */
  destroy(reason = new Error('the connection is given up')): void {
    this.#broken = true
    this.#socket.destroy(reason)
  }

  /** Says goodbye. */
  end(): Promise<void> {
    return new Promise((resolve) => this.#connection.end(() => resolve()))
  }
}

/** Milliseconds to reach the server; past them the connection whose statement it is gets dropped anyway. */
const killLimitMs = 1000

type Value = string | number | bigint | null

/** As many as a process prepares statements, and some that were others before a migration. */
const mostMakers = 2 * preparedStatements
const makers = new Map<string, RowMaker>()

/** The same function for each session that prepares a statement. */
function rowMakerOf(columns: readonly string[]): RowMaker {
  const key = columns.join('\n')
  const make = makers.get(key) ?? rowMaker(columns)
  if (makers.size >= mostMakers) makers.clear()
  makers.set(key, make)
  return make
}

/** What the library takes for a 32-bit number; it sends others as doubles, with which a `bigint` is compared otherwise. */
const isShort = (value: number): boolean => value >= -(2 ** 31) && value < 2 ** 31 - 1

function plain(value: unknown): Value {
  if (typeof value === 'boolean') return Number(value)
  if (value === null || typeof value === 'string' || typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isFinite(value)) {
    return Number.isInteger(value) && !isShort(value) ? BigInt(value) : value
  }
  throw new TypeError(`a ${typeof value} is no value for the database`)
}

const isError = (error: unknown): boolean => error !== null && error !== undefined
/** What the server or the library calls the error; 0 for others. */
export const numberOf = (error: unknown): number => Number((error as { errno?: unknown } | null)?.errno ?? 0)
