/** Why a backend that serves its shares takes no new ones. The release before leaves it empty. */
import type { Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('backends').addColumn('closed_reason', 'text').execute()
}
