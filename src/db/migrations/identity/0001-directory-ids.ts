/** Which entry of which directory a user or group id stands for. The release before knows no directories and leaves it empty. */
import type { Kysely } from 'kysely'
import { flag, id, makeTables, name, stamp, word } from '../columns.ts'

const tables = {
  directory_ids: {
    id,
    domain_id: id,
    kind: word,
    entry_key: name,
    valid_after: stamp,
    shut: flag,
    created_at: stamp,
  },
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, {})
}
