/** Which export paths are taken. */
import type { DbOrTx } from '../schema.ts'

/** True when some share instance exports this path (by its sha256, see `path_hash`) or is being taken over from it. */
export async function exportPathInUse(db: DbOrTx, pathHash: string): Promise<boolean> {
  const row = await db
    .selectFrom('share_instance_export_locations')
    .select('id')
    .where('path_hash', '=', pathHash)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
