/** Share instances, for administrators: look, write a status by hand, delete by force. */
import { pathHash } from '../../db/store/export-locations.ts'
import type { Ctx } from '../context.ts'
import type { Page } from '../../db/store/keyset.ts'
import { instanceForView, listInstances, type InstanceListRow } from '../../db/store/share-instance-list.ts'
import { instancesOf } from '../../db/store/share-instances.ts'
import { takeShareOfInstance } from '../../db/store/share-turns.ts'
import { dependentsOf } from '../../db/store/shares.ts'
import { fault } from '../../model/errors.ts'
import { instanceGates } from '../../model/gates/others.ts'
import { refuse, refuseAtOnce } from '../barriers.ts'
import { forceDeleteInstance } from '../shares/delete.ts'
import { findShare } from '../shares/find.ts'
import { resetInstanceStatus } from '../shares/reset.ts'

export interface ListShareInstances {
  readonly query: Readonly<Record<string, string>>
  readonly isSoftDeleted: boolean | null
}

/** Answers what reads any page of the list. */
export function list(ctx: Ctx, input: ListShareInstances): (page: Page) => Promise<InstanceListRow[]> {
  const since = (flag: string, name: string): string | undefined =>
    ctx.flags.has(flag) ? input.query[name] || undefined : undefined
  const path = since('filterByExportLocation', 'export_location_path')
  const filters = {
    exportLocationId: since('filterByExportLocation', 'export_location_id'),
    exportLocationPathHash: path === undefined ? undefined : pathHash(path),
    isSoftDeleted: ctx.flags.has('recycleBin') && input.isSoftDeleted === true,
  }
  return (page) => listInstances(ctx.db, filters, page, ctx.minor < 9)
}

export async function listOfShare(ctx: Ctx, shareId: string): Promise<InstanceListRow[]> {
  const share = await findShare(ctx, shareId)
  const page = { limit: null, offset: 0, marker: null, sortKey: 'created_at', descending: false }
  return listInstances(ctx.db, { shareId: share.id }, page, ctx.minor < 9)
}

export async function find(ctx: Ctx, id: string): Promise<InstanceListRow> {
  const row = await instanceForView(ctx.db, id.slice(0, 64), ctx.minor < 9)
  if (row === undefined) throw fault('ShareInstanceNotFound', { id: id.slice(0, 64) })
  return row
}

export async function reset(ctx: Ctx, id: string, status: string): Promise<void> {
  const share = await takeShareOfInstance(ctx.tx, id.slice(0, 64))
  if (share !== undefined) refuseAtOnce(instanceGates.resetStatus({ share }))
  await resetInstanceStatus(ctx, await find(ctx, id), status)
}

export async function forceDelete(ctx: Ctx, id: string): Promise<void> {
  const share = await takeShareOfInstance(ctx.tx, id.slice(0, 64))
  const instance = await find(ctx, id)
  if (share === undefined) throw fault('ShareNotFound', { id: instance.share_id })
  const isLast = (await instancesOf(ctx.tx, share.id)).length === 1
  const dependents = await dependentsOf(ctx.tx, share.id)
  await refuse(ctx, instanceGates.forceDelete({ share, dependents, isLast }), share)
  await forceDeleteInstance(ctx, share, instance)
}
