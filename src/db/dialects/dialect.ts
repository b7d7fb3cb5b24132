/**
 * What differs between databases, as capabilities rather than names. A query that needs one of these asks the flag;
 * nothing outside this folder knows which database it talks to.
 */
import type { Dialect, RawBuilder } from 'kysely'

export interface DatabaseDialect {
  readonly kysely: Dialect
  /** The database's own clock in microseconds: leases are compared with this, so that nodes' clocks don't matter. */
  readonly nowUs: RawBuilder<number>
  /** True where one process owns the file and a second one must be refused. */
  readonly singleProcess: boolean
  /** True where a user of the server can be kept to some rows of a table. */
  readonly hasRowPolicies: boolean
  /** The names of all indexes. */
  readonly indexNames: RawBuilder<{ name: string }>
  /** A sentence for each setting of the database that this program can't rely on. */
  readonly wrongSettings: RawBuilder<{ problem: string }>
  /** An identifier in the words of this database; `name` is ours, never typed by a user of the API. */
  quoted(name: string): string
  /** A user of the server as GRANT names it. */
  account(user: string): string
  /** Recognises a conflict (deadlock, serialization failure) that a repeat of the whole transaction cures. */
  isConflict(error: unknown): boolean
  /** Recognises a broken unique key. */
  isDuplicate(error: unknown): boolean
}

/** Functions under one name in queries (`eb.fn('json_object_of', …)`); each dialect's compiler writes its own. */
export interface FunctionNames {
  /** Aggregates keys and values to a JSON object. */
  readonly json_object_of: string
  /** Aggregates values to a JSON array. */
  readonly json_array_of: string
}

/** Stands in the statement of a page that goes on behind a row, for a database that has to be told that it may begin there. */
export const behindMarker = '/* behind a marker */'
