/** Lists of all projects' shares by what only lists of one project had an index for: an administrator asks the whole table. */
import { PostgresAdapter, sql, type Kysely } from 'kysely'
import { makeIndexes } from './columns.ts'

export async function up(db: Kysely<never>): Promise<void> {
  await makeIndexes(db, { shares: ['size,id', 'share_proto,created_at,id', 'user_id,created_at,id'] })
  // The others keep nulls first, as lists show them, and find names by the index that there is.
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) return
  await db.schema
    .createIndex('shares_name_nulls_first_ix')
    .ifNotExists()
    .on('shares')
    .expression(sql`name nulls first, id`)
    .execute()
}
