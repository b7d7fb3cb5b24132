/** Which export paths are taken. */
import type { DbOrTx, Tx } from '../schema.ts'
import { lockPool } from './pools.ts'

/** True when some share instance exports this path (by its sha256, see `path_hash`). */
export async function exportPathInUse(db: DbOrTx, pathHash: string): Promise<boolean> {
  const row = await db
    .selectFrom('share_instance_export_locations')
    .select('id')
    .where('path_hash', '=', pathHash)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * True while a take-over of this path from this backend waits or runs. Holds the pool until the transaction ends, so that of two who
 * ask for the same tree at once the second finds the first.
 */
export async function isBeingManaged(
  tx: Tx,
  from: { readonly poolId: string; readonly backendId: string; readonly exportPath: string },
): Promise<boolean> {
  await lockPool(tx, from.poolId)
  const open = await tx
    .selectFrom('operations')
    .select('payload')
    .where('kind', '=', 'manage-share')
    .where('backend_id', '=', from.backendId)
    .where('finished_at', 'is', null)
    .execute()
  return open.some(
    ({ payload }) => (JSON.parse(payload) as { exportPath?: unknown }).exportPath === from.exportPath,
  )
}
