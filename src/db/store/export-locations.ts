/** Export locations of share instances and snapshot instances. A path that stays keeps its id and its metadata. */
import { hash, randomUUID } from 'node:crypto'
import { prepared } from '../prepared.ts'
import { insertRow } from '../shapes.ts'
import type { DbOrTx, ShareInstanceExportLocationsTable, Tx } from '../schema.ts'

export interface Location {
  readonly path: string
  readonly preferred: boolean
  readonly adminOnly: boolean
}

/** Makes `locations` the export locations of the share instance. */
export async function replaceExportLocations(
  tx: Tx,
  shareInstanceId: string,
  locations: readonly Location[],
  now: number,
): Promise<void> {
  const known = await exportLocationsOf(tx, shareInstanceId)
  const gone = known.filter((row) => !locations.some(({ path }) => path === row.path)).map(({ id }) => id)
  if (gone.length > 0) {
    await tx.deleteFrom('export_location_metadata').where('export_location_id', 'in', gone).execute()
    await tx.deleteFrom('share_instance_export_locations').where('id', 'in', gone).execute()
  }
  for (const location of locations) {
    const is_admin_only = location.adminOnly ? 1 : 0
    const preferred = location.preferred ? 1 : 0
    const row = known.find(({ path }) => path === location.path)
    if (row === undefined) {
      await insertRow(tx, 'share_instance_export_locations', {
        id: randomUUID(),
        share_instance_id: shareInstanceId,
        path: location.path,
        path_hash: pathHash(location.path),
        is_admin_only,
        preferred,
        created_at: now,
        // The original has it from the start.
        updated_at: now,
      })
    } else if (row.is_admin_only !== is_admin_only || row.preferred !== preferred) {
      await tx
        .updateTable('share_instance_export_locations')
        .set({ is_admin_only, preferred, updated_at: now })
        .where('id', '=', row.id)
        .execute()
    }
  }
}

export const exportLocationsOf: (
  db: DbOrTx,
  shareInstanceId: string,
) => Promise<ShareInstanceExportLocationsTable[]> = prepared((db, shareInstanceId: string) =>
  db
    .selectFrom('share_instance_export_locations')
    .selectAll()
    .where('share_instance_id', '=', shareInstanceId)
    .orderBy('created_at'),
)

/** As {@link replaceExportLocations}, for a mountable snapshot. */
export async function replaceSnapshotExportLocations(
  tx: Tx,
  snapshotInstanceId: string,
  locations: readonly Location[],
  now: number,
): Promise<void> {
  const known = await tx
    .selectFrom('snapshot_instance_export_locations')
    .selectAll()
    .where('snapshot_instance_id', '=', snapshotInstanceId)
    .execute()
  const gone = known.filter((row) => !locations.some(({ path }) => path === row.path)).map(({ id }) => id)
  if (gone.length > 0)
    await tx.deleteFrom('snapshot_instance_export_locations').where('id', 'in', gone).execute()
  for (const location of locations) {
    if (known.some(({ path }) => path === location.path)) continue
    await tx
      .insertInto('snapshot_instance_export_locations')
      .values({
        id: randomUUID(),
        snapshot_instance_id: snapshotInstanceId,
        path: location.path,
        is_admin_only: location.adminOnly ? 1 : 0,
        created_at: now,
        updated_at: now,
      })
      .execute()
  }
}

/** sha256 hex: paths are too long to index on MariaDB. */
export function pathHash(path: string): string {
  return hash('sha256', path, 'hex')
}
