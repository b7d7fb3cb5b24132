/** What a backend holds and no row knows, and the reverse, as its leader found it. The release before neither reads nor writes it. */
import type { Kysely } from 'kysely'
import { id, makeTables, stamp, word } from './columns.ts'

const tables = {
  storage_findings: {
    backend_id: id,
    kind: word,
    resource_id: id,
    problem: word,
    first_seen_at: stamp,
    last_seen_at: stamp,
  },
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, { storage_findings: ['backend_id', 'kind', 'resource_id'] })
}
