/**
 * PostgreSQL 15 and later through `pg`. What is corrected: integers come as numbers (microseconds fit into 2^53), JSON as text,
 * frequent statements are prepared under a name once per connection, and sessions say how long they may idle with locks.
 */
import { hash } from 'node:crypto'
import { Pool, types, type PoolClient, type QueryResult as PgResult } from 'pg'
import {
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type BinaryOperationNode,
  type CompiledQuery,
  type Dialect,
  type FunctionNode,
  type LimitNode,
  type QueryResult,
  ValueNode,
} from 'kysely'
import type { DatabaseDialect, FunctionNames } from './dialect.ts'
import { overNothing } from './empty-list.ts'
import { pooledDriver, type Client, type ClientPool, type Traffic } from './pooled-driver.ts'
import { requestCancel, type BackendKey } from './postgres-cancel.ts'
import {
  idleInTransactionS,
  lockWaitS,
  serverAddress,
  type PoolLimits,
  type ServerAddress,
} from './server-url.ts'

/** Distinct statements kept prepared on each connection; lists with filters make more, which go unnamed. */
const namedStatements = 500

/** What the dashboard, stock clients and the service itself ask for, and the longest page. */
const usualLimits = [1, 20, 50, 100, 1000]

/** Object identifiers of pg_type: int8, numeric, json, jsonb. */
const [int8, numeric, json, jsonb] = [20, 1700, 114, 3802]

const asText = (value: string): string => value
const typeParsers = {
  getTypeParser(oid: number, format?: string): never {
    if (oid === int8 || oid === numeric) return Number as never
    if (oid === json || oid === jsonb) return asText as never
    return types.getTypeParser(oid, format as 'text') as never
  },
}

const functionNames: FunctionNames = { json_object_of: 'json_object_agg', json_array_of: 'json_agg' }

class Compiler extends PostgresQueryCompiler {
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

  /**
   * A usual one as a number in the text. A statement that is used often gets one plan for whatever values it is given, and for a limit
   * that is one of these the planner reckons with a tenth of all rows. What nobody usually asks for stays a value: whoever tries all
   * numbers makes no statements of his own, of which only {@link namedStatements} are kept.
   */
  protected override visitLimit(node: LimitNode): void {
    const { limit } = node
    const count = ValueNode.is(limit) ? limit.value : null
    if (usualLimits.some((usual) => usual === count)) this.append(`limit ${String(count)}`)
    else super.visitLimit(node)
  }
}

/** Names by statement text, the same on every connection of the process. */
const names = new Map<string, string>()

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= namedStatements) return known
  if (!/^(select|insert|update|delete|with)\b/.test(text)) return undefined
  const name = `m${hash('sha256', text, 'hex').slice(0, 24)}`
  names.set(text, name)
  return name
}

class PgClient implements Client {
  readonly #client: PoolClient
  readonly #address: ServerAddress
  readonly #onStalePlan: () => void
  #broken: Error | null = null

  constructor(client: PoolClient, address: ServerAddress, onStalePlan: () => void) {
    this.#client = client
    this.#address = address
    this.#onStalePlan = onStalePlan
  }

  async run(query: CompiledQuery): Promise<QueryResult<unknown>> {
    const name = nameOf(query.sql)
    const values = query.parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value))
    const asked = { text: query.sql, values }
    const answer: PgResult = await this.#client
      .query({ ...asked, ...(name === undefined ? {} : { name }) })
      .catch(async (error: unknown) => {
        if (!isStalePlan(error)) throw error
        this.#broken = error as Error
        this.#onStalePlan()
        // It did not run; without its name it is planned anew. Inside a transaction that is over now, which is repeated as a whole.
        return this.#client.query(asked).catch(() => Promise.reject(error))
      })
    const rows = answer.rows as unknown[]
    if (!['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(answer.command)) return { rows }
    return { rows, numAffectedRows: BigInt(answer.rowCount ?? 0) }
  }

  /** The session's own limit could only be changed with a statement before each statement. */
  interrupt(): void {
    // The request may arrive late and would then end the next statement: there is none on this connection.
    this.#broken = new Error('interrupted')
    requestCancel(this.#address, this.#client as unknown as BackendKey)
  }

  traffic(): Traffic {
    return (this.#client as unknown as { connection: { stream: Traffic } }).connection.stream
  }

  destroy(reason: Error): void {
    this.#broken = reason
    // The library has no public way to drop a connection that is in the middle of a statement.
    const { connection } = this.#client as unknown as { connection: { stream: { destroy(): void } } }
    connection.stream.destroy()
  }

  release(): void {
    this.#client.release(this.#broken ?? undefined)
  }
}

async function openPool(url: string, limits: PoolLimits): Promise<ClientPool> {
  const address = serverAddress(url, 5432)
  const session = {
    default_transaction_isolation: 'read\\ committed',
    idle_in_transaction_session_timeout: `${idleInTransactionS}s`,
    // Compiling a statement takes longer than any of ours runs: a list by 20 pairs of metadata took three times as long.
    jit: 'off',
    lock_timeout: `${lockWaitS}s`,
    statement_timeout: `${limits.statementTimeoutMs}`,
    timezone: 'UTC',
  }
  const pool = new Pool({
    host: address.socket ?? address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    ssl: address.tls,
    max: limits.max,
    connectionTimeoutMillis: limits.acquireTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: 'manila',
    options: Object.entries(session)
      .map(([option, value]) => `-c ${option}=${value}`)
      .join(' '),
    types: typeParsers,
  })
  // An idle connection that the server ended; the pool has already dropped it.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  // A migration beside a running process makes the named statements of every connection it had unusable.
  let plansSince = performance.now()
  const openedAt = new WeakMap<PoolClient, number>()
  pool.on('connect', (client) => openedAt.set(client, performance.now()))
  return {
    async acquire() {
      for (;;) {
        const client = await pool.connect()
        if ((openedAt.get(client) ?? 0) >= plansSince) {
          return new PgClient(client, address, () => (plansSince = performance.now()))
        }
        client.release(true)
      }
    },
    end: () => pool.end(),
  }
}

/** PostgreSQL's own word for a named statement whose columns are others than when it was prepared; it did not run. */
const isStalePlan = (error: unknown): boolean =>
  codeOf(error) === '0A000' && error instanceof Error && /cached plan must not change/.test(error.message)

/** SQLSTATE classes: serialization failure, deadlock, lock not available; the last is a wait that was cut short. */
const conflicts = ['40001', '40P01', '55P03']
/**
 * Shutting down, starting up, too many connections, killed while idle in a transaction, ended after its time limit, a
 * standby that takes no writes (yet); 08… is every connection exception.
 */
const gone = /^(08\d\d\d|57P0[1-4]|57014|53300|25P03|25006)$/
const networkErrors =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|ENOTFOUND|EAI_AGAIN)$/
const lostMessages =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Client was closed/

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')

const isLost = (error: unknown): boolean =>
  gone.test(codeOf(error)) ||
  networkErrors.test(codeOf(error)) ||
  (error instanceof Error && lostMessages.test(error.message))

/** `url` as in `server-url.ts`. */
export function postgresDialect(url: string, limits: PoolLimits): DatabaseDialect {
  const kysely: Dialect = {
    createDriver: () =>
      pooledDriver({
        open: () => openPool(url, limits),
        limits,
        begin: 'begin',
        isLost,
        isOverdue: (error) => codeOf(error) === '57014',
      }),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new Compiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  }
  return {
    kysely,
    nowUs: sql<number>`(extract(epoch from clock_timestamp()) * 1000000)::bigint`,
    indexNames: sql`select indexname as name from pg_indexes where schemaname = current_schema()`,
    wrongSettings: sql`
      select 'the encoding of the database is ' || pg_encoding_to_char(encoding) || ', not UTF8' as problem
        from pg_database where datname = current_database() and pg_encoding_to_char(encoding) <> 'UTF8'`,
    quoted: (name) => `"${name}"`,
    account: (user) => `"${user}"`,
    singleProcess: false,
    hasRowPolicies: true,
    isConflict: (error) => conflicts.includes(codeOf(error)) || isStalePlan(error),
    isDuplicate: (error) => codeOf(error) === '23505',
  }
}
