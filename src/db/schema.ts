/**
 * Every table, as Kysely sees it; the columns are in `tables/`. The migrations make them; `db/store/` is the only reader and writer.
 *
 * Conventions: ids are lower-case uuids made in code; `*_at` are microseconds since the epoch from `ctx.clock` (leases
 * alone use the database's clock); flags are 0/1; JSON is text. Column names are Manila's, so that its users find them.
 */
import type { Kysely, Transaction } from 'kysely'
import type { AccessTables } from './tables/access-rules.ts'
import type { GroupTables } from './tables/groups.ts'
import type { IdentityTables } from './tables/identity.ts'
import type { NetworkTables } from './tables/networks.ts'
import type { OperationTables } from './tables/operations.ts'
import type { QuotaTables } from './tables/quotas.ts'
import type { ServiceTables } from './tables/services.ts'
import type { ShareTables } from './tables/shares.ts'
import type { SnapshotTables } from './tables/snapshots.ts'
import type { TypeTables } from './tables/types.ts'

export type * from './tables/access-rules.ts'
export type * from './tables/groups.ts'
export type * from './tables/identity.ts'
export type * from './tables/networks.ts'
export type * from './tables/operations.ts'
export type * from './tables/quotas.ts'
export type * from './tables/services.ts'
export type * from './tables/shares.ts'
export type * from './tables/snapshots.ts'
export type * from './tables/types.ts'
export type * from './tables/values.ts'

export interface Database
  extends
    IdentityTables,
    ServiceTables,
    TypeTables,
    ShareTables,
    SnapshotTables,
    AccessTables,
    QuotaTables,
    NetworkTables,
    GroupTables,
    OperationTables {}

/** The pool of connections. Inside a transaction only {@link Tx} may be used: with SQLite the other one waits for ever. */
export type Db = Kysely<Database>
export type Tx = Transaction<Database>
/** For reads that don't care. */
export type DbOrTx = Db | Tx
