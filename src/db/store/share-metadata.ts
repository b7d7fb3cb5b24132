/** Key-value pairs of shares. Values are at most 1023 characters (checked at the edge). */
import type { DbOrTx, Tx } from '../schema.ts'

export async function shareMetadata(db: DbOrTx, shareId: string): Promise<Record<string, string>> {
  const rows = await db.selectFrom('share_metadata').selectAll().where('share_id', '=', shareId).execute()
  return Object.fromEntries(rows.map((row) => [row.meta_key, row.meta_value]))
}

/** Adds and overwrites. */
export async function setMetadata(
  tx: Tx,
  shareId: string,
  pairs: Readonly<Record<string, string>>,
): Promise<void> {
  const keys = Object.keys(pairs)
  if (keys.length === 0) return
  await deleteMetadata(tx, shareId, keys)
  const rows = Object.entries(pairs).map(([meta_key, meta_value]) => ({
    share_id: shareId,
    meta_key,
    meta_value,
  }))
  await tx.insertInto('share_metadata').values(rows).execute()
}

export async function deleteMetadata(tx: Tx, shareId: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await tx
    .deleteFrom('share_metadata')
    .where('share_id', '=', shareId)
    .where('meta_key', 'in', keys)
    .execute()
}
