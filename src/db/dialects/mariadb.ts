/**
 * MariaDB 10.11 and later through `mysql2`. What is corrected: text compares byte by byte, trailing spaces included; `text` columns
 * hold what they hold elsewhere; an update counts the rows it found, not the rows it changed, because a status that was
 * already right is a winner too; and sessions run at READ COMMITTED with bounded waits.
 */
import { isIP } from 'node:net'
import { createPool, type PoolConnection } from 'mysql2/promise'
import {
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  sql,
  type BinaryOperationNode,
  type CompiledQuery,
  type CreateTableNode,
  type DataTypeNode,
  type Dialect,
  type FunctionNode,
  type OnConflictNode,
  type OrderByItemNode,
  type QueryResult,
  type SelectModifierNode,
} from 'kysely'
import { behindMarker, type DatabaseDialect, type FunctionNames } from './dialect.ts'
import { overNothing } from './empty-list.ts'
import { NoAnswer, pooledDriver, type Client, type ClientPool, type Traffic } from './pooled-driver.ts'
import {
  idleInTransactionS,
  lockWaitS,
  serverAddress,
  type ServerAddress,
  type PoolLimits,
} from './server-url.ts'

const functionNames: FunctionNames = { json_object_of: 'json_objectagg', json_array_of: 'json_arrayagg' }

class Compiler extends MysqlQueryCompiler {
  protected override visitFunction(node: FunctionNode): void {
    const { func } = node
    super.visitFunction({
      ...node,
      func: func in functionNames ? functionNames[func as keyof FunctionNames] : func,
    })
  }

  protected override visitBinaryOperation(node: BinaryOperationNode): void {
    const known = overNothing(node)
    if (known === null) super.visitBinaryOperation(node)
    else this.append(known)
  }

  protected override visitCreateTable(node: CreateTableNode): void {
    super.visitCreateTable(node)
    this.append(' engine = InnoDB row_format = dynamic default charset = utf8mb4 collate = utf8mb4_nopad_bin')
  }

  /** `text` stops at 64 KiB here, which a step's output may reach. */
  protected override visitDataType(node: DataTypeNode): void {
    if (node.dataType === 'text') this.append('mediumtext')
    else super.visitDataType(node)
  }

  /** `for key share` waits for nobody but who deletes the row; here it waits for every change of it. */
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (node.modifier === 'ForKeyShare') this.append('lock in share mode')
    else super.visitSelectModifier(node)
  }

  /** The columns of the conflict are those of the table's keys here; there is nothing to say about them. */
  protected override visitOnConflict({ updates }: OnConflictNode): void {
    this.append('on duplicate key update ')
    this.compileList(updates ?? [])
  }

  /** Nulls first ascending and last descending is how it sorts anyway; there are no words for it. */
  protected override visitOrderByItem(node: OrderByItemNode): void {
    const { nulls: _, ...rest } = node
    super.visitOrderByItem(rest)
  }
}

/** It can, unlike MySQL, where it writes one row or several; an update can't. */
class Adapter extends MysqlAdapter {
  override get supportsReturning(): boolean {
    return true
  }
}

/** What a statement without rows answers. */
interface Written {
  readonly affectedRows: number
}

interface WithCallbacks {
  query(
    text: string,
    values: readonly unknown[],
    done: (error: Error | null, answer: readonly unknown[] | Written) => void,
  ): void
}

class MariadbClient implements Client {
  readonly #connection: PoolConnection
  readonly #knowsCosts: boolean
  #broken = false

  constructor(connection: PoolConnection, knowsCosts: boolean) {
    this.#connection = connection
    this.#knowsCosts = knowsCosts
  }

  async run(query: CompiledQuery, limitMs: number | null): Promise<QueryResult<unknown>> {
    const values = query.parameters.map(plain)
    const settings: string[] = []
    // 0 would be no limit.
    if (limitMs !== null) settings.push(`max_statement_time = ${(Math.max(1, limitMs) / 1000).toFixed(3)}`)
    if (this.#knowsCosts && query.sql.includes(behindMarker)) settings.push(trueCosts)
    const before = settings.length === 0 ? '' : `set statement ${settings.join(', ')} for `
    const answer = await this.#ask(before + query.sql, values)
    return 'affectedRows' in answer
      ? { rows: [], numAffectedRows: BigInt(answer.affectedRows) }
      : { rows: answer as unknown[] }
  }

  /** The promises of the library write down a stack for each statement, which takes longer than all else that it does for a small one. */
  #ask(text: string, values: readonly unknown[]): Promise<readonly unknown[] | Written> {
    const raw = this.#connection.connection as unknown as WithCallbacks
    return new Promise((resolve, reject) => {
      raw.query(text, values, (error, answer) => (error === null ? resolve(answer) : reject(error)))
    })
  }

  traffic(): Traffic {
    return (this.#connection.connection as unknown as { stream: Traffic }).stream
  }

  destroy(): void {
    this.#broken = true
    this.#connection.destroy()
  }

  release(): void {
    if (!this.#broken) this.#connection.release()
  }
}

/** The library writes values into the text itself, and would write an object as assignments. */
function plain(value: unknown): string | number | bigint | null {
  if (typeof value === 'boolean') return Number(value)
  if (value === null || typeof value === 'string' || typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new TypeError(`a ${typeof value} is no value for the database`)
}

/**
 * The library compares the certificate with the host only when told to, and with `localhost` when the host is an address.
 * Throws what to change then.
 */
function verified({ tls, verifiesName, host }: ServerAddress): object {
  if (verifiesName && isIP(host) !== 0)
    throw new Error('database url: sslmode=verify-full needs the name of the host on MariaDB, not an address')
  return { ...(tls as object), verifyIdentity: verifiesName }
}

/**
 * Up to 10.11 the planner takes a `ref` for at most a tenth of what it costs, in case of doubt. So a page behind a marker was read by
 * `is_soft_deleted = 0` from the list's first row on, in place of the range of the same index that begins at the marker: 305 ms in place of
 * 2 with 100,000 shares. The server can be told to count right (10.11.8). For these statements alone: what is counted right is read whole
 * sooner, too, and a first page would be.
 */
const trueCosts =
  "optimizer_adjust_secondary_key_costs = concat(@@optimizer_adjust_secondary_key_costs, ',disable_max_seek')"

async function openPool(url: string, limits: PoolLimits): Promise<ClientPool> {
  const address = serverAddress(url, 3306)
  const pool = createPool({
    ...(address.socket === null
      ? { host: address.host, port: address.port }
      : { socketPath: address.socket }),
    user: address.user,
    password: address.password,
    database: address.database,
    ...(address.tls === false ? {} : { ssl: verified(address) as never }),
    charset: 'UTF8MB4_BIN',
    timezone: 'Z',
    flags: ['FOUND_ROWS'],
    decimalNumbers: true,
    supportBigNumbers: true,
    // Whether the server calls an aggregate JSON or text depends on how it reads the tables.
    jsonStrings: true,
    connectTimeout: limits.acquireTimeoutMs,
    connectionLimit: limits.max,
    maxIdle: limits.max,
    idleTimeout: 60_000,
    enableKeepAlive: true,
    // A list with many ids is one statement; the waiters of a pool are bounded by who asks.
    queueLimit: 0,
  })
  /** Those that are set up, and whether their server knows {@link trueCosts}: after a failover it may be another one. */
  const prepared = new WeakMap<object, boolean>()
  const session = [
    'collation_connection = "utf8mb4_nopad_bin"',
    'time_zone = "+00:00"',
    // A list in one answer is as long as its page, not 1 MB.
    'group_concat_max_len = 16777216',
    `innodb_lock_wait_timeout = ${lockWaitS}`,
    `idle_transaction_timeout = ${idleInTransactionS}`,
    `max_statement_time = ${limits.statementTimeoutMs / 1000}`,
    'sql_mode = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO"',
  ].map((assignment) => `session ${assignment.replaceAll('"', "'")}`)
  const setUp = async (connection: PoolConnection): Promise<boolean> => {
    await connection.query('set session transaction isolation level read committed')
    await connection.query(`set ${session.join(', ')}`)
    return connection.query(`set statement ${trueCosts} for select 1`).then(
      () => true,
      (error: unknown) => {
        if (!unknownSetting.includes(numberOf(error))) throw error
        return false
      },
    )
  }
  return {
    async acquire() {
      const asked = pool.getConnection()
      const connection = await withinLimit(asked, limits.acquireTimeoutMs).catch((error: unknown) => {
        // One that comes after all goes back to the pool.
        asked.then((late) => late.release()).catch(() => {})
        throw error
      })
      // The pool hands out the same connection again and again: the session is set up once.
      const raw = connection.connection as object
      let knowsCosts = prepared.get(raw)
      if (knowsCosts === undefined) {
        try {
          knowsCosts = await withinLimit(setUp(connection), limits.acquireTimeoutMs)
        } catch (error) {
          connection.destroy()
          throw error
        }
        prepared.set(raw, knowsCosts)
      }
      return new MariadbClient(connection, knowsCosts)
    },
    end: () => pool.end(),
  }
}

async function withinLimit<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(ms)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Deadlock, lock wait timeout, record changed since last read. */
const conflicts = [1213, 1205, 1020]
/** Too many connections, shutdown, killed, server gone, idle transaction ended, statement interrupted, read-only. */
const gone = [1040, 1053, 1927, 2006, 2013, 4031, 1317, 1969, 1290]
/** A variable or a value of it that this server does not have. */
const unknownSetting = [1193, 1231, 1232]
/** Statement interrupted, its time over. */
const overdue = [1317, 1969]
const lost =
  /^(PROTOCOL_CONNECTION_LOST|PROTOCOL_SEQUENCE_TIMEOUT|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|ENOTFOUND|EAI_AGAIN)$/

const numberOf = (error: unknown): number => Number((error as { errno?: unknown } | null)?.errno ?? 0)

const isLost = (error: unknown): boolean =>
  gone.includes(numberOf(error)) ||
  lost.test(String((error as { code?: unknown } | null)?.code ?? '')) ||
  (error instanceof Error && /closed state|Pool is closed|Connection lost/i.test(error.message))

/** `url` as in `server-url.ts`. */
export function mariadbDialect(url: string, limits: PoolLimits): DatabaseDialect {
  const kysely: Dialect = {
    createDriver: () =>
      pooledDriver({
        open: () => openPool(url, limits),
        limits,
        begin: 'start transaction',
        isLost,
        isOverdue: (error) => overdue.includes(numberOf(error)),
      }),
    createAdapter: () => new Adapter(),
    createQueryCompiler: () => new Compiler(),
    createIntrospector: (db) => new MysqlIntrospector(db),
  }
  return {
    kysely,
    nowUs: sql<number>`cast(unix_timestamp(sysdate(6)) * 1000000 as signed)`,
    indexNames: sql`
      select distinct index_name as name from information_schema.statistics where table_schema = database()`,
    wrongSettings: sql`
      select concat('table ', table_name, ' compares text as ', table_collation, ', not byte by byte (utf8mb4_nopad_bin)') as problem
        from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE'
          and table_collation <> 'utf8mb4_nopad_bin'`,
    quoted: (name) => `\`${name}\``,
    account: (user) => `\`${user}\`@'%'`,
    singleProcess: false,
    hasRowPolicies: false,
    isConflict: (error) => conflicts.includes(numberOf(error)),
    isDuplicate: (error) => numberOf(error) === 1062,
  }
}
