/** Where a snapshot can be mounted from. Locations for administrators only are hidden from others, showing one is 403. */
import { type Ctx, isAdmin } from '../context.ts'
import { snapshotLocations, type SnapshotLocationRow } from '../../db/store/snapshot-locations.ts'
import { fault } from '../../model/errors.ts'
import { findSnapshot } from './find.ts'

export async function listLocations(ctx: Ctx, snapshotId: string): Promise<SnapshotLocationRow[]> {
  const snapshot = await findSnapshot(ctx, snapshotId)
  const rows = await snapshotLocations(ctx.db, { snapshotId: snapshot.id })
  return isAdmin(ctx) ? rows : rows.filter((row) => row.is_admin_only === 0)
}

export async function showLocation(
  ctx: Ctx,
  snapshotId: string,
  locationId: string,
): Promise<SnapshotLocationRow> {
  const snapshot = await findSnapshot(ctx, snapshotId)
  const rows = await snapshotLocations(ctx.db, { snapshotId: snapshot.id })
  const row = rows.find(({ id }) => id === locationId)
  if (row === undefined) throw fault('ExportLocationNotFound', { id: locationId.slice(0, 64) })
  if (row.is_admin_only === 1 && !isAdmin(ctx)) {
    throw fault('Forbidden', { rule: 'share_snapshot_export_location:show' })
  }
  return row
}
