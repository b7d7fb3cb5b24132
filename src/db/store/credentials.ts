/** Application credentials and revoked tokens. */
import type { Insertable, Selectable } from 'kysely'
import type { ApplicationCredentialsTable, CredentialRulesTable, DbOrTx, Stamp } from '../schema.ts'

export type ApplicationCredentialRow = Selectable<ApplicationCredentialsTable>

export async function findApplicationCredential(
  db: DbOrTx,
  ref: { readonly id: string } | { readonly userId: string; readonly name: string },
): Promise<ApplicationCredentialRow | null> {
  const query = db.selectFrom('application_credentials').selectAll()
  const one =
    'id' in ref
      ? query.where('id', '=', ref.id)
      : query.where('user_id', '=', ref.userId).where('name', '=', ref.name)
  return (await one.limit(1).executeTakeFirst()) ?? null
}

export function listApplicationCredentials(
  db: DbOrTx,
  filter: { readonly userId: string; readonly name?: string; readonly limit: number },
): Promise<ApplicationCredentialRow[]> {
  let query = db
    .selectFrom('application_credentials')
    .selectAll()
    .where('user_id', '=', filter.userId)
    .orderBy('name')
    .limit(filter.limit)
  if (filter.name !== undefined) query = query.where('name', '=', filter.name)
  return query.execute()
}

export async function insertApplicationCredential(
  db: DbOrTx,
  row: Insertable<ApplicationCredentialsTable>,
): Promise<void> {
  await db.insertInto('application_credentials').values(row).execute()
}

/** Writes the same secret with another hash, unless it is not `before` any more. */
export async function replaceSecretHash(
  db: DbOrTx,
  id: string,
  hashes: { readonly before: string; readonly after: string },
): Promise<void> {
  await db
    .updateTable('application_credentials')
    .set({ secret_hash: hashes.after })
    .where('id', '=', id)
    .where('secret_hash', '=', hashes.before)
    .execute()
}

/** False when there was none. */
export async function deleteApplicationCredential(db: DbOrTx, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('application_credentials')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

// ------------------------------------------------------------------------------------------------------ access rules

export type CredentialRuleRow = Selectable<CredentialRulesTable>

/** Those of a user; at most `limit`. */
export function listCredentialRules(
  db: DbOrTx,
  filter: {
    readonly userId: string
    readonly service?: string
    readonly path?: string
    readonly method?: string
    readonly limit: number
  },
): Promise<CredentialRuleRow[]> {
  let query = db
    .selectFrom('credential_rules')
    .selectAll()
    .where('user_id', '=', filter.userId)
    .orderBy('id')
    .limit(filter.limit)
  if (filter.service !== undefined) query = query.where('service', '=', filter.service)
  if (filter.path !== undefined) query = query.where('path', '=', filter.path)
  if (filter.method !== undefined) query = query.where('method', '=', filter.method)
  return query.execute()
}

/** Throws the database's duplicate error when the user has one of them already. */
export async function insertCredentialRules(db: DbOrTx, rows: readonly CredentialRuleRow[]): Promise<void> {
  if (rows.length > 0)
    await db
      .insertInto('credential_rules')
      .values([...rows])
      .execute()
}

/** False when there was none. */
export async function deleteCredentialRule(db: DbOrTx, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('credential_rules')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

// ---------------------------------------------------------------------------------------------------- revoked tokens

export async function isRevoked(db: DbOrTx, auditId: string): Promise<boolean> {
  const row = await db
    .selectFrom('revoked_tokens')
    .select('audit_id')
    .where('audit_id', '=', auditId)
    .executeTakeFirst()
  return row !== undefined
}

/** Throws the database's duplicate error when it is revoked already. `expiresAt`: when the row may be forgotten. */
export async function insertRevokedToken(db: DbOrTx, auditId: string, expiresAt: Stamp): Promise<void> {
  await db.insertInto('revoked_tokens').values({ audit_id: auditId, expires_at: expiresAt }).execute()
}

/** Forgets at most `limit` revocations of tokens that nobody would accept any more. Answers how many. */
export async function purgeRevokedTokens(db: DbOrTx, now: Stamp, limit: number): Promise<number> {
  const old = await db
    .selectFrom('revoked_tokens')
    .select('audit_id')
    .where('expires_at', '<', now)
    .limit(limit)
    .execute()
  if (old.length === 0) return 0
  const ids = old.map((row) => row.audit_id)
  await db.deleteFrom('revoked_tokens').where('audit_id', 'in', ids).execute()
  return old.length
}
