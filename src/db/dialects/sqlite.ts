/**
 * SQLite through `node:sqlite`: no compiler, one process, one connection. Kysely's own SQLite parts do the query
 * language; this file gives them a connection and corrects two things that would hurt:
 *  - `begin` becomes `begin immediate`, because a read that later writes fails with "database is locked" at once, whatever
 *    the timeout;
 *  - statements are prepared once and kept (bounded), because a list page is the same statement each time. What their rows are
 *    made into is kept with them (`row-maker.ts`).
 */
import { existsSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type FunctionNode,
  type LimitNode,
  type QueryResult,
  type BinaryOperationNode,
  type SelectModifierNode,
} from 'kysely'
import { addUse } from '../../runtime/database-use.ts'
import { budgetForStatement } from '../../runtime/statement-budget.ts'
import { keepPrivate } from '../../runtime/private-file.ts'
import type { DatabaseDialect, FunctionNames } from './dialect.ts'
import { overNothing } from './empty-list.ts'
import { rowMaker, type RowMaker } from './row-maker.ts'

/** Statements kept prepared; the service has some 300 distinct ones, lists with filters make more. */
const statementCacheSize = 1000

interface Prepared {
  readonly statement: StatementSync
  /** Null for what answers no rows. */
  readonly row: RowMaker | null
}

class Connection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, Prepared>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /**
   * Nothing can interrupt a statement here: it runs in this thread. What bounds one is how it is built (an index, a page,
   * twenty pairs); the budget keeps a request from adding another one.
   */
  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    addUse({ statements: 1 })
    const budget = budgetForStatement()
    if (budget === undefined) return this.run(query)
    const began = performance.now()
    try {
      return this.run(query)
    } finally {
      budget.leftMs -= performance.now() - began
    }
  }

  /** Whatever the request's budget: a transaction ends as it must. */
  run<R>(query: CompiledQuery): QueryResult<R> {
    const { statement, row } = this.#prepare(query.sql)
    const parameters = query.parameters.map((p) => (typeof p === 'boolean' ? Number(p) : p)) as never[]
    if (row !== null)
      return { rows: (statement.all(...parameters) as unknown as unknown[][]).map(row) as R[] }
    const { changes, lastInsertRowid } = statement.run(...parameters)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('SQLite answers are not streamed; page with a key instead')
  }

  #prepare(text: string): Prepared {
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    const statement = this.#database.prepare(text)
    const columns = statement.columns().map(({ name }) => name)
    if (columns.length > 0) statement.setReturnArrays(true)
    const prepared = { statement, row: columns.length > 0 ? rowMaker(columns) : null }
    // DDL is never repeated, and a kept DDL statement would hold the schema lock. It also changes what `*` stands for.
    if (!/^\s*(select|insert|update|delete|with|begin|commit|rollback)/i.test(text)) {
      this.#statements.clear()
      return prepared
    }
    if (this.#statements.size >= statementCacheSize) {
      const oldest = this.#statements.keys().next().value
      if (oldest !== undefined) this.#statements.delete(oldest)
    }
    this.#statements.set(text, prepared)
    return prepared
  }
}

/** One connection, handed from holder to holder in the order of asking. */
class SqliteFileDriver implements Driver {
  readonly #path: string
  #database: DatabaseSync | null = null
  #connection: Connection | null = null
  #tail: Promise<void> = Promise.resolve()
  #release: (() => void) | null = null

  constructor(path: string) {
    this.#path = path
  }

  async init(): Promise<void> {
    if (this.#path !== ':memory:') {
      // The file holds password hashes: nobody else on the host reads it. What SQLite writes beside it gets its mode.
      keepPrivate(this.#path, 0o600)
      if (existsSync(`${this.#path}-wal`)) keepPrivate(`${this.#path}-wal`, 0o600)
    }
    const database = new DatabaseSync(this.#path)
    try {
      // The wait comes first: even the other pragmas need the file.
      database.exec('pragma busy_timeout = 2000')
      // Full sync: a reply that said 202 survives a power cut.
      database.exec('pragma journal_mode = wal; pragma synchronous = full')
      database.exec('pragma foreign_keys = on; pragma locking_mode = exclusive; pragma cache_size = -65536')
      // Exclusive mode takes its lock with the first write: take it now, so that a second process is told at start.
      database.exec('begin exclusive; commit')
    } catch (error) {
      database.close()
      if (/locked|busy/i.test(String(error))) {
        throw new Error(
          `${this.#path} is in use by another process. One process serves a SQLite file: stop the other one, or use PostgreSQL or MariaDB for several.`,
          { cause: error },
        )
      }
      throw error
    }
    this.#database = database
    this.#connection = new Connection(database)
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#tail
    let release = (): void => {}
    this.#tail = new Promise((resolve) => (release = resolve))
    await before
    this.#release = release
    if (this.#connection === null) throw new Error('the database is closed')
    return this.#connection
  }

  async releaseConnection(): Promise<void> {
    const release = this.#release
    this.#release = null
    release?.()
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    addUse({ transactions: 1 })
    ;(connection as Connection).run(CompiledQuery.raw('begin immediate'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    ;(connection as Connection).run(CompiledQuery.raw('commit'))
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    ;(connection as Connection).run(CompiledQuery.raw('rollback'))
  }

  async destroy(): Promise<void> {
    this.#database?.close()
    this.#database = null
    this.#connection = null
  }
}

const functionNames: FunctionNames = {
  json_object_of: 'json_group_object',
  json_array_of: 'json_group_array',
}

class Compiler extends SqliteQueryCompiler {
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
   * SQLite reads the value of a bare parameter here while it plans, so that it plans anew each time a value is bound: that
   * was nine tenths of a list of one share. A sum is not looked into.
   */
  protected override visitLimit(node: LimitNode): void {
    this.append('limit (0 + ')
    this.visitNode(node.limit)
    this.append(')')
  }

  /** Locks of rows have no words here and need none: a transaction has the whole file from its `begin immediate`. */
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (node.modifier !== 'ForUpdate' && node.modifier !== 'ForKeyShare') super.visitSelectModifier(node)
  }
}

/** `path` is absolute, or `:memory:` for tests. */
export function sqliteDialect(path: string): DatabaseDialect {
  const kysely: Dialect = {
    createDriver: () => new SqliteFileDriver(path),
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new Compiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
  return {
    kysely,
    nowUs: sql<number>`cast(unixepoch('subsec') * 1000000 as integer)`,
    indexNames: sql`select name from sqlite_master where type = 'index' and sql is not null`,
    wrongSettings: sql`select '' as problem where 0`,
    quoted: (name) => `"${name}"`,
    account: (user) => user,
    singleProcess: true,
    hasRowPolicies: false,
    isConflict: (error) => /database is (locked|busy)/i.test(String(error)),
    isDuplicate: (error) => /UNIQUE constraint failed/i.test(String(error)),
  }
}
