/**
 * MariaDB 10.11 and later: its words for what Kysely builds, and its answers. What is corrected: text compares byte by byte, trailing
 * spaces included, and `text` columns hold what they hold elsewhere. Sessions are `mariadb-pool.ts`.
 */
import {
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  sql,
  type BinaryOperationNode,
  type CreateTableNode,
  type DataTypeNode,
  type Dialect,
  type FunctionNode,
  type OnConflictNode,
  type OrderByItemNode,
  type SelectModifierNode,
} from 'kysely'
import type { DatabaseDialect, FunctionNames } from './dialect.ts'
import { overNothing } from './empty-list.ts'
import { numberOf } from './mariadb-connection.ts'
import { openMariadbPool } from './mariadb-pool.ts'
import { pooledDriver } from './pooled-driver.ts'
import type { PoolLimits } from './server-url.ts'

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

/** Deadlock, lock wait timeout, record changed since last read. */
const conflicts = [1213, 1205, 1020]
/** Too many connections, shutdown, killed, server gone, idle transaction ended, statement interrupted, read-only. */
const gone = [1040, 1053, 1927, 2006, 2013, 4031, 1317, 1969, 1290]
/** Statement interrupted, its time over. */
const overdue = [1317, 1969]
/** Of the system, and of the library: its connection was closed, is being closed, or could not be opened in time. */
const lost =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|ENOTFOUND|EAI_AGAIN|ER_CONNECTION_ALREADY_CLOSED|ER_CMD_NOT_EXECUTED_DESTROYED|ER_SOCKET_UNEXPECTED_CLOSE|ER_CONNECTION_TIMEOUT|ER_CMD_CONNECTION_CLOSED)$/

const isLost = (error: unknown): boolean =>
  gone.includes(numberOf(error)) || lost.test(String((error as { code?: unknown } | null)?.code ?? ''))

/** `url` as in `server-url.ts`. */
export function mariadbDialect(url: string, limits: PoolLimits): DatabaseDialect {
  const kysely: Dialect = {
    createDriver: () =>
      pooledDriver({
        open: async () => openMariadbPool(url, limits),
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
