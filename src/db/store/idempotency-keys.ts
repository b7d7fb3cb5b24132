/** Answers that are kept for whoever sends the same request again. */
import type { DbOrTx, Database, Tx } from '../schema.ts'

type Row = Database['idempotency_keys']

/** What makes a request the same one. */
export interface IdempotencyKey {
  readonly project_id: string
  readonly user_id: string
  readonly method: string
  readonly path_hash: string
  readonly api_version: string
  readonly idempotency_key: string
}

export function keptAnswer(db: DbOrTx, key: IdempotencyKey): Promise<Row | undefined> {
  return db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where((eb) => eb.and(columns(key)))
    .executeTakeFirst()
}

/** Throws the database's duplicate error when the key was used meanwhile. */
export async function keepAnswer(tx: Tx, row: Row): Promise<void> {
  await tx.insertInto('idempotency_keys').values(row).execute()
}

export async function forgetAnswer(tx: Tx, key: IdempotencyKey): Promise<void> {
  await tx
    .deleteFrom('idempotency_keys')
    .where((eb) => eb.and(columns(key)))
    .execute()
}

const columns = (key: IdempotencyKey): IdempotencyKey => ({
  project_id: key.project_id,
  user_id: key.user_id,
  method: key.method,
  path_hash: key.path_hash,
  api_version: key.api_version,
  idempotency_key: key.idempotency_key,
})
