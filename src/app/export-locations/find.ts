/**
 * Where a share can be mounted from. Another project's private share is an unknown one, here as everywhere (the original
 * answers 403 and so confirms that it exists: docs/decisions/0007-unknown-or-forbidden.md). Hidden are: locations for
 * administrators only, destinations of migrations, and secondary replicas (2.47+).
 */
import { type Ctx, isAdmin } from '../context.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { locationsWithMetadata, type LocationRow } from '../../db/store/share-locations.ts'
import type { ShareRow } from '../../db/store/shares.ts'
import { fault } from '../../model/errors.ts'
import { findShare } from '../shares/find.ts'

/** The share, which the caller may read the locations of; 404 when it is not there for this caller. */
export async function shareOfLocations(ctx: Ctx, id: string, rule: string): Promise<ShareRow> {
  const share = await findShare(ctx, id)
  if (share.is_public === 0) {
    ctx.policy.authorize(rule, ctx.identity, { project_id: share.project_id, user_id: share.user_id })
  }
  return share
}

export async function listLocations(ctx: Ctx, shareId: string): Promise<LocationRow[]> {
  const share = await shareOfLocations(ctx, shareId, 'share_export_location:index')
  const rows = await shownLocations(ctx, share)
  return isAdmin(ctx) ? rows : rows.filter((row) => row.is_admin_only === 0)
}

export async function showLocation(ctx: Ctx, shareId: string, locationId: string): Promise<LocationRow> {
  const share = await shareOfLocations(ctx, shareId, 'share_export_location:show')
  return locationOf(ctx, share, locationId, 'share_export_location:show')
}

/** One location of a share; `rule` is what a refusal names. */
export async function locationOf(
  ctx: Ctx,
  share: ShareRow,
  locationId: string,
  rule: string,
): Promise<LocationRow> {
  const row = (await shownLocations(ctx, share)).find(({ id }) => id === locationId)
  if (row === undefined) throw fault('ExportLocationNotFound', { id: locationId.slice(0, 64) })
  if (row.is_admin_only === 1 && !isAdmin(ctx)) throw fault('Forbidden', { rule })
  return row
}

const destinations: readonly string[] = ['migrating_to', 'server_migrating_to']

async function shownLocations(ctx: Ctx, share: ShareRow): Promise<LocationRow[]> {
  const rows = await locationsWithMetadata(ctx.db, { shareId: share.id })
  return rows.filter(
    (row) =>
      !destinations.includes(row.instance_status) &&
      !(ctx.flags.has('hideSecondaries') && row.replica_state !== null && row.replica_state !== 'active'),
  )
}

/** Of one share instance; administrators' routes. */
export async function listOfInstance(ctx: Ctx, instanceId: string): Promise<LocationRow[]> {
  const instance = await instanceById(ctx.db, instanceId.slice(0, 64))
  if (instance === undefined) throw fault('ShareInstanceNotFound', { id: instanceId.slice(0, 64) })
  return locationsWithMetadata(ctx.db, { instanceId: instance.id })
}

export async function showOfInstance(ctx: Ctx, instanceId: string, locationId: string): Promise<LocationRow> {
  const row = (await listOfInstance(ctx, instanceId)).find(({ id }) => id === locationId)
  if (row === undefined) throw fault('ExportLocationNotFound', { id: locationId.slice(0, 64) })
  return row
}
