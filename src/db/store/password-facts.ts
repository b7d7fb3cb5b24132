/** What is known of passwords beside their hashes, and those of before. */
import type { Selectable, Updateable } from 'kysely'
import type { DbOrTx, PasswordFactsTable, Stamp, Tx, UsersTable } from '../schema.ts'
import type { NamedRef } from './names.ts'

export type PasswordFactsRow = Selectable<PasswordFactsTable>

/** By user; those of whom nothing is known are missing. At most a page of users. */
export async function passwordFactsOf(
  db: DbOrTx,
  userIds: readonly string[],
): Promise<Map<string, PasswordFactsRow>> {
  if (userIds.length === 0) return new Map()
  const rows = await db.selectFrom('password_facts').selectAll().where('user_id', 'in', userIds).execute()
  return new Map(rows.map((row) => [row.user_id, row]))
}

export type AccountRow = Selectable<UsersTable> &
  Omit<{ [Column in keyof PasswordFactsRow]: PasswordFactsRow[Column] | null }, 'user_id'>

/** A user with what is known of his password, in one statement. */
export async function findAccount(db: DbOrTx, ref: NamedRef): Promise<AccountRow | null> {
  const query = db
    .selectFrom('users')
    .leftJoin('password_facts', 'password_facts.user_id', 'users.id')
    .selectAll('users')
    .select([
      'password_facts.password_mark',
      'password_facts.set_at',
      'password_facts.expires_at',
      'password_facts.by_owner',
      'password_facts.last_active_at',
      'password_facts.options',
    ])
  const one =
    'id' in ref
      ? query.where('users.id', '=', ref.id)
      : query.where('users.domain_id', '=', ref.domainId).where('users.name', '=', ref.name)
  return (await one.limit(1).executeTakeFirst()) ?? null
}

/** What is not said stays as it is. */
export async function writePasswordFacts(
  tx: Tx,
  userId: string,
  set: Omit<Updateable<PasswordFactsTable>, 'user_id'>,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('password_facts')
    .set(set)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) return
  const nothing = {
    password_mark: null,
    set_at: null,
    expires_at: null,
    by_owner: null,
    last_active_at: null,
    options: null,
  }
  await tx
    .insertInto('password_facts')
    .values({ ...nothing, ...set, user_id: userId })
    .execute()
}

/** Newest first. */
export async function oldPasswordHashes(db: DbOrTx, userId: string, limit: number): Promise<string[]> {
  if (limit <= 0) return []
  const rows = await db
    .selectFrom('old_passwords')
    .select('password_hash')
    .where('user_id', '=', userId)
    .orderBy('replaced_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ password_hash: hash }) => hash)
}

/** Adds one and forgets all but the newest `most`. */
export async function rememberOldPassword(
  tx: Tx,
  {
    userId,
    hash,
    at,
    most,
  }: { readonly userId: string; readonly hash: string | null; readonly at: Stamp; readonly most: number },
): Promise<void> {
  if (hash !== null && most > 0) {
    await tx
      .insertInto('old_passwords')
      .values({ user_id: userId, replaced_at: at, password_hash: hash })
      .execute()
  }
  const oldest = await tx
    .selectFrom('old_passwords')
    .select('replaced_at')
    .where('user_id', '=', userId)
    .orderBy('replaced_at', 'desc')
    .offset(Math.max(most, 0))
    .limit(1)
    .executeTakeFirst()
  if (oldest === undefined) return
  await tx
    .deleteFrom('old_passwords')
    .where('user_id', '=', userId)
    .where('replaced_at', '<=', oldest.replaced_at)
    .execute()
}

/** With the user. */
export async function forgetPasswords(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom('password_facts').where('user_id', '=', userId).execute()
  await tx.deleteFrom('old_passwords').where('user_id', '=', userId).execute()
}
