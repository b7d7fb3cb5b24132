/** Snapshot instances, for administrators. */
import type { Ctx } from '../context.ts'
import type { Page } from '../../db/store/keyset.ts'
import {
  listSnapshotInstances,
  snapshotInstanceForView,
  snapshotLocations,
  type SnapshotInstanceListRow,
  type SnapshotLocationRow,
} from '../../db/store/snapshot-locations.ts'
import { takeShareOfSnapshotInstance } from '../../db/store/share-turns.ts'
import { fault } from '../../model/errors.ts'
import { resetSnapshotInstanceStatus } from '../snapshots/reset.ts'

/** Answers what reads any page of the list. */
export function list(
  ctx: Ctx,
  snapshotId: string | null,
): (page: Page) => Promise<SnapshotInstanceListRow[]> {
  const filters = snapshotId === null ? {} : { snapshotId }
  return (page) => listSnapshotInstances(ctx.db, filters, page)
}

export async function find(ctx: Ctx, id: string): Promise<SnapshotInstanceListRow> {
  const row = await snapshotInstanceForView(ctx.db, id.slice(0, 64))
  if (row === undefined) throw fault('ShareSnapshotInstanceNotFound', { id: id.slice(0, 64) })
  return row
}

export async function reset(ctx: Ctx, id: string, status: string): Promise<void> {
  await takeShareOfSnapshotInstance(ctx.tx, id.slice(0, 64))
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
