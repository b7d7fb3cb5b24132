/** Why the exports of a pool are read-only although their rules say otherwise. The release before leaves it empty. */
import type { Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('pools').addColumn('read_only_reason', 'text').execute()
}
