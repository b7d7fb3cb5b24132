/**
 * How far a check of all shares of a backend is, so that whoever goes on with it begins where it stopped. A process of the release
 * before begins from the start, as it always did, and leaves the rows alone.
 */
import type { Kysely } from 'kysely'
import { id, integer, json, makeTables, name, stamp } from './columns.ts'

const tables = {
  ensure_runs: {
    id,
    backend_id: id,
    made_for: name,
    position: name.null,
    left_over: json,
    checked: integer,
    lost: integer,
    updated_at: stamp,
  },
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, {})
}
