/**
 * A row per project that those lock who are about to reach one of its limits, and an index for counting its unfinished
 * operations. A process of the release before knows no such limits and writes neither.
 */
import type { Kysely } from 'kysely'
import { id, integer, makeIndexes, makeTables } from './columns.ts'

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, { project_turns: { id, taken: integer } }, {})
  await makeIndexes(db, { operations: ['project_id,finished_at'] })
}
