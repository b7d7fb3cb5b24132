/** Who stood behind the request for an operation. The release before leaves it empty. */
import type { Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('operations').addColumn('begun_as', 'varchar(16)').execute()
}
