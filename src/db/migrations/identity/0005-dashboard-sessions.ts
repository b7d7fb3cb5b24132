/** Who is logged in to the dashboard. The release before neither reads nor writes it. */
import type { Kysely } from 'kysely'
import { id, integer, makeIndexes, makeTables, stamp, text, word } from '../columns.ts'

const tables = {
  dashboard_sessions: {
    id_hash: word,
    sealed: text,
    user_id: id,
    project_id: id,
    turn: integer,
    created_at: stamp,
    expires_at: stamp,
  },
}

/** Those that are over, and those of one person. */
const indexes = { dashboard_sessions: ['expires_at', 'user_id'] }

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, { dashboard_sessions: ['id_hash'] })
  await makeIndexes(db, indexes)
}
