/** Snapshot instances, for administrators. */
import type { Ctx } from '../context.ts'
import {
  listSnapshotInstances,
  snapshotLocations,
  type SnapshotInstanceListRow,
  type SnapshotLocationRow,
} from '../../db/store/snapshot-locations.ts'
import { fault } from '../../model/errors.ts'
import { resetSnapshotInstanceStatus } from '../snapshots/reset.ts'

export async function list(ctx: Ctx, snapshotId: string | null): Promise<SnapshotInstanceListRow[]> {
  return listSnapshotInstances(ctx.db, snapshotId === null ? {} : { snapshotId })
}

export async function find(ctx: Ctx, id: string): Promise<SnapshotInstanceListRow> {
  const [row] = await listSnapshotInstances(ctx.db, { id: id.slice(0, 64) })
  if (row === undefined) throw fault('ShareSnapshotInstanceNotFound', { id: id.slice(0, 64) })
  return row
}

export async function reset(ctx: Ctx, id: string, status: string): Promise<void> {
  await resetSnapshotInstanceStatus(ctx, await find(ctx, id), status)
}

export async function locationsOf(ctx: Ctx, id: string): Promise<SnapshotLocationRow[]> {
  const instance = await find(ctx, id)
  return snapshotLocations(ctx.db, { instanceId: instance.id })
}

export async function locationOf(ctx: Ctx, id: string, locationId: string): Promise<SnapshotLocationRow> {
  const row = (await locationsOf(ctx, id)).find((one) => one.id === locationId)
  if (row === undefined) throw fault('ExportLocationNotFound', { id: locationId.slice(0, 64) })
  return row
}
