/** Why work failed, for messages, and which specs no backend meets. The release before leaves them empty. */
import type { Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('operations').addColumn('cause_unmet', 'text').execute()
  await db.schema.alterTable('messages').addColumn('cause_code', 'varchar(255)').execute()
  await db.schema.alterTable('messages').addColumn('cause_unmet', 'text').execute()
}
