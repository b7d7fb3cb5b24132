/** Which operation a claim on a pool was made for: when that is over, the next measurement has seen it. The release before says none. */
import type { Kysely } from 'kysely'
import { id } from './columns.ts'

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('pool_claims').addColumn('operation_id', id.type).execute()
}
