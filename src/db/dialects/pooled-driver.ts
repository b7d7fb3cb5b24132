/**
 * The part of a Kysely driver that PostgreSQL and MariaDB share: connections of a pool, each statement with a time limit,
 * and one answer to a server that is away. A connection that does not answer in time is destroyed: nobody knows what it is
 * still doing. Opening one is tried again until the wait for a connection is over, so that a restarting server is a delay.
 * Statements of a request end with its budget: the server is then asked to end the one that is running, on another connection.
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import { addUse, countsDatabaseUse } from '../../runtime/database-use.ts'
import { BudgetSpent, budgetForStatement, type StatementBudget } from '../../runtime/statement-budget.ts'
import { DatabaseUnavailable } from '../unavailable.ts'
import { Absence } from './absence.ts'
import type { PoolLimits } from './server-url.ts'

/** One connection of a database library, reduced to what is needed. */
export interface Client {
  run(query: CompiledQuery): Promise<QueryResult<unknown>>
  /** Asks the server to end the statement that is running. */
  interrupt(): void
  /** Bytes on the wire since the connection was opened. */
  traffic(): Traffic
  /** Ends the connection at once, whatever it is doing. */
  destroy(reason: Error): void
  /** Back into the pool. */
  release(): void
}

export interface Traffic {
  readonly bytesRead: number
  readonly bytesWritten: number
}

export interface ClientPool {
  acquire(): Promise<Client>
  end(): Promise<void>
}

/** A statement got no answer in time. */
export class NoAnswer extends Error {
  constructor(ms: number) {
    super(`the database did not answer within ${ms / 1000} s`)
    this.name = 'NoAnswer'
  }
}

export interface PooledParts {
  open(): Promise<ClientPool>
  readonly limits: PoolLimits
  /** What starts a transaction at READ COMMITTED. */
  readonly begin: string
  /** Recognises an error of the library that says that the server is away. */
  isLost(error: unknown): boolean
  /** Recognises the answer to a statement that was ended because its time was over. */
  isOverdue(error: unknown): boolean
}

class PooledConnection implements DatabaseConnection {
  readonly client: Client
  readonly #parts: PooledParts
  inTransaction = false

  constructor(client: Client, parts: PooledParts) {
    this.client = client
    this.#parts = parts
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    addUse({ statements: 1 })
    // Outside a transaction each statement is its own commit.
    const writes = !this.inTransaction && !/^\s*select\b/i.test(query.sql)
    const budget = budgetForStatement()
    if (budget === undefined) return (await this.send(query, writes)) as QueryResult<R>
    const began = performance.now()
    try {
      return (await this.send(query, writes, budget)) as QueryResult<R>
    } finally {
      budget.leftMs -= performance.now() - began
    }
  }

  /** `commits`: whether the statement makes something last, should the answer be lost. */
  async send(
    query: CompiledQuery,
    commits: boolean,
    budget?: StatementBudget,
  ): Promise<QueryResult<unknown>> {
    const usualMs = this.#parts.limits.statementTimeoutMs
    const limitMs = Math.min(usualMs, budget?.leftMs ?? usualMs)
    const timer = this.#limit(limitMs, budget !== undefined)
    const before = countsDatabaseUse() ? trafficOf(this.client) : null
    const answer = this.client.run(query)
    // After a timeout nobody looks at it any more.
    answer.catch(() => {})
    try {
      return await Promise.race([answer, timer.over])
    } catch (error) {
      if (budget !== undefined && (error instanceof NoAnswer || this.#parts.isOverdue(error))) {
        throw new BudgetSpent(budget.limitMs, { cause: error })
      }
      if (error instanceof NoAnswer || this.#parts.isLost(error)) {
        throw new DatabaseUnavailable(commits, { cause: error })
      }
      throw error
    } finally {
      timer.stop()
      if (before !== null) addTrip(before, trafficOf(this.client))
    }
  }

  /** The session's own limit is the usual one; a shorter one ends with an interruption. */
  #limit(limitMs: number, interrupts: boolean): { readonly over: Promise<never>; stop(): void } {
    // Timers of one length are kept together, so whole milliseconds.
    const ms = Math.ceil(limitMs)
    let timer: NodeJS.Timeout
    const over = new Promise<never>((_, reject) => {
      const giveUp = (): void => {
        const reason = new NoAnswer(ms)
        this.client.destroy(reason)
        reject(reason)
      }
      const interrupt = (): void => {
        this.client.interrupt()
        timer = setTimeout(giveUp, serverFirstMs)
      }
      timer = interrupts ? setTimeout(interrupt, ms) : setTimeout(giveUp, ms + serverFirstMs)
    })
    return { over, stop: () => clearTimeout(timer) }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('answers are not streamed; page with a key instead')
  }
}

/** The library's socket counts on. */
const trafficOf = (client: Client): Traffic => {
  const { bytesRead, bytesWritten } = client.traffic()
  return { bytesRead, bytesWritten }
}

const addTrip = (before: Traffic, after: Traffic): void =>
  addUse({
    roundTrips: 1,
    sentBytes: after.bytesWritten - before.bytesWritten,
    receivedBytes: after.bytesRead - before.bytesRead,
  })

/** Milliseconds after the server's own limit: its answer says more than our silence. */
const serverFirstMs = 1000

export function pooledDriver(parts: PooledParts): Driver {
  let pool: ClientPool | null = null
  const isAway = (error: unknown): boolean => error instanceof NoAnswer || parts.isLost(error)
  const absence = new Absence(async () => (await pool?.acquire())?.release(), isAway)
  const say = (connection: DatabaseConnection, text: string, commits = false) =>
    (connection as PooledConnection).send(CompiledQuery.raw(text), commits)

  const acquire = async (): Promise<PooledConnection> => {
    const deadline = Date.now() + parts.limits.acquireTimeoutMs
    for (;;) {
      if (pool === null) throw new Error('the database is closed')
      try {
        return new PooledConnection(await pool.acquire(), parts)
      } catch (error) {
        if (!isAway(error)) throw error
        if (!(await absence.endsBy(deadline))) throw new DatabaseUnavailable(false, { cause: error })
      }
    }
  }

  return {
    async init() {
      pool = await parts.open()
    },
    acquireConnection: acquire,
    async beginTransaction(connection: DatabaseConnection, _settings: TransactionSettings) {
      addUse({ transactions: 1 })
      await say(connection, parts.begin)
      ;(connection as PooledConnection).inTransaction = true
    },
    async commitTransaction(connection) {
      await say(connection, 'commit', true)
      ;(connection as PooledConnection).inTransaction = false
    },
    async rollbackTransaction(connection) {
      try {
        await say(connection, 'rollback')
      } catch (error) {
        // What ends with its connection is rolled back; the first error says more than this one.
        ;(connection as PooledConnection).client.destroy(error as Error)
      }
      ;(connection as PooledConnection).inTransaction = false
    },
    async releaseConnection(connection) {
      ;(connection as PooledConnection).client.release()
    },
    async destroy() {
      await pool?.end()
      pool = null
    },
  }
}
