/** How full things were, over time. The release before neither reads nor writes it. */
import type { Kysely } from 'kysely'
import { id, integer, makeIndexes, makeTables, stamp, word } from './columns.ts'

const tables = {
  usage_points: {
    kind: word,
    id,
    step_s: integer,
    at: stamp,
    size_bytes: integer.null,
    used_bytes: integer.null,
    placed_bytes: integer.null,
    shares: integer.null,
  },
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, { usage_points: ['kind', 'id', 'step_s', 'at'] })
  await makeIndexes(db, { usage_points: ['step_s,at'] })
}
