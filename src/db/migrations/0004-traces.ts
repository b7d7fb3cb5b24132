/** Where an operation belongs in the trace of the request that asked for it. The release before leaves it empty. */
import type { Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('operations').addColumn('traceparent', 'varchar(64)').execute()
}
