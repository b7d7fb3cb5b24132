/**
 * Failed logins are counted by account, by address and by both together, each with a lock of its own, and what was good is
 * remembered. The table of the release before stays as it is: each release counts in its own while an upgrade goes on.
 */
import type { Kysely } from 'kysely'
import { integer, makeIndexes, makeTables, name, stamp } from './columns.ts'

const tables = {
  login_records: {
    subject: name,
    failures: integer,
    since: stamp,
    free_at: stamp,
    open: integer,
    ok_at: stamp,
    touched_at: stamp,
  },
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, { login_records: ['subject'] })
  await makeIndexes(db, { login_records: ['touched_at'] })
}
