/**
 * What is known of a password beside its hash, and those of before. Tables of their own: the release before goes on writing `users`
 * without them, so what is said of a password names the one it is said of.
 */
import type { Kysely } from 'kysely'
import { flag, id, json, makeTables, stamp, text, word } from '../columns.ts'

const tables = {
  password_facts: {
    user_id: id,
    password_mark: word.null,
    set_at: stamp.null,
    expires_at: stamp.null,
    by_owner: flag.null,
    last_active_at: stamp.null,
    options: json.null,
  },
  old_passwords: { user_id: id, replaced_at: stamp, password_hash: text },
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, {
    password_facts: ['user_id'],
    old_passwords: ['user_id', 'replaced_at'],
  })
}
