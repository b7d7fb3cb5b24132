/** Who did what. The release before neither reads nor writes it. */
import type { Kysely } from 'kysely'
import { id, integer, makeIndexes, makeTables, name, stamp, value, word } from '../columns.ts'

const tables = {
  audit_events: {
    id,
    at: stamp,
    last_at: stamp,
    count: integer,
    action: word,
    outcome: word,
    reason: integer,
    operation: name,
    user_id: name,
    user_name: name,
    user_domain_id: id,
    project_id: id,
    method: word,
    credential_id: id,
    token_id: id,
    token_hash: word,
    target_type: word,
    target_id: name,
    target_path: value,
    target_project_id: id,
    request_id: id,
    address: word,
    agent: name,
    observer: name,
  },
}

/** The list by time, and by what people ask for: a person, a thing, a project, a request, an address. */
const indexes = {
  audit_events: [
    'at,id',
    'user_id,at,id',
    'target_id,at,id',
    'project_id,at,id',
    'target_project_id,at,id',
    'request_id,at,id',
    'address,at,id',
  ],
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, {})
  await makeIndexes(db, indexes)
}
