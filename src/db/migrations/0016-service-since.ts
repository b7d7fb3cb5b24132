/** Since when services are what they are. The release before leaves it empty. */
import type { Kysely } from 'kysely'
import { stamp, word } from './columns.ts'

const columns = { told_state: word, state_since: stamp, switched_at: stamp }

export async function up(db: Kysely<never>): Promise<void> {
  for (const [column, { type }] of Object.entries(columns))
    await db.schema.alterTable('services').addColumn(column, type).execute()
}
