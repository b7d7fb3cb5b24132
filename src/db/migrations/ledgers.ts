/**
 * What is recorded of which migrations ran, one ledger for each group of tables that may lie in a database of its own one day:
 * accounts on one side, what a deployment serves on the other. No migration of one touches tables of the other, and no
 * statement reads both (`ledgers.test.ts`). Today both are in one database, and are brought up to date together.
 */
import type { Migration } from 'kysely/migration'
import { identityMigrations } from './identity/index.ts'
import { migrations } from './index.ts'

export interface Ledger {
  /** In front of the names of its migrations where they are told; empty for the first. */
  readonly prefix: '' | 'identity/'
  /** Where Kysely writes what ran, and what it locks meanwhile. */
  readonly table: string
  readonly lockTable: string
  readonly migrations: Readonly<Record<string, Migration>>
}

export const ledgers: readonly Ledger[] = [
  { prefix: '', table: 'kysely_migration', lockTable: 'kysely_migration_lock', migrations },
  {
    prefix: 'identity/',
    table: 'kysely_identity_migration',
    lockTable: 'kysely_identity_migration_lock',
    migrations: identityMigrations,
  },
]

/** Whether the table holds no data but what ran. */
export const isLedger = (table: string): boolean =>
  ledgers.some((ledger) => table === ledger.table || table === ledger.lockTable)
