/** An administrator brings a tree that exists on a backend under management. */
import { pathHash } from '../../db/store/export-locations.ts'
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { poolForManage } from '../../db/store/pools.ts'
import { refuseUnaffordable } from '../../lifecycle/quotas.ts'
import { exportPathInUse, isBeingManaged } from '../../db/store/export-paths.ts'
import { typeAndLimits } from '../../db/store/share-types.ts'
import { newShareRows } from '../../lifecycle/shares/new-rows.ts'
import { insertShare } from '../../db/store/shares.ts'
import { recordEvent } from '../../db/store/records.ts'
import { instanceLane } from '../../model/lanes.ts'
import { fault, invalid } from '../../model/errors.ts'
import { boolSpec } from '../../model/extra-specs.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { shareCharges } from '../../model/charges.ts'
import { knownProtocol } from './new-share.ts'
import { roomForExport } from '../limits.ts'
import { mountPointName } from './mount-point-name.ts'
import { typeForShare } from './type-rules.ts'

export interface ManageShareInput {
  /** `host@backend#pool` */
  readonly serviceHost: string
  readonly exportPath: string
  readonly protocol: string
  readonly shareType: string | null
  readonly name: string | null
  readonly description: string | null
  readonly isPublic: boolean
  readonly driverOptions: Readonly<Record<string, string>>
  readonly shareServerId: string | null
  readonly mountPointName: string | null
}

/**
 * Answers the new share's id. Quota is charged when the takeover succeeds, for only the backend knows the size, and may refuse it then; a
 * project that has no room for one more share of a GiB is refused at once.
 */
export async function manage(ctx: Ctx, input: ManageShareInput): Promise<string> {
  if (input.isPublic) ctx.policy.authorize('share:create_public_share', ctx.identity)
  const protocol = knownProtocol(ctx, input.protocol, 'share.protocol')
  // Any other host that is none is an unknown one.
  if (!/#./.test(input.serviceHost)) throw invalid('share.service_host must name a pool: host@backend#pool')
  const payer = { projectId: ctx.identity.projectId, userId: ctx.identity.userId }
  const type =
    input.shareType === null
      ? await typeForShare(ctx, null, null, { keeps: true, payer })
      : await typeAndLimits(ctx.tx, { projectId: null }, payer, input.shareType)
  if (type === undefined || type === null)
    throw fault('ShareTypeNotFound', { id: input.shareType ?? 'default' })
  const servers = boolSpec(type.extra_specs, 'driver_handles_share_servers') === true
  if (servers !== (input.shareServerId !== null)) {
    throw invalid('share.share_server_id must be given exactly when the share type handles share servers')
  }
  const pool = await poolForManage(ctx.tx, input.serviceHost, upSince(ctx))
  if (pool === undefined || pool.disabled)
    throw fault('ServiceNotFound', { id: input.serviceHost.slice(0, 255) })
  if (!pool.up)
    throw invalid(`the service of ${input.serviceHost} is down: share.service_host must name one that is up`)
  const taken = fault('Conflict', {
    message: `A share with the export path ${input.exportPath} is managed already.`,
  })
  if (await exportPathInUse(ctx.tx, pathHash(input.exportPath))) throw taken
  const { projectId } = ctx.identity
  await roomForExport(ctx, { backendId: pool.backendId, protocol, projectId })
  const mountPoint = await mountPointName(ctx, type, input.mountPointName)
  const now = ctx.clock.now()
  const { share, instance } = newShareRows({
    ...input,
    projectId: ctx.identity.projectId,
    userId: ctx.identity.userId,
    size: 0,
    protocol,
    type,
    snapshotId: null,
    shareGroupId: null,
    groupSnapshotMemberId: null,
    mountPoint,
    encryptionKeyRef: null,
    zoneId: pool.zoneId,
    status: 'manage_starting',
    place: pool,
    now,
  })
  const least = shareCharges({ ...share, size: 1 }, [{ ...instance, status: 'available' }])
  await refuseUnaffordable(ctx.tx, least, ctx.settings.quota)
  const tree = { poolId: pool.id, backendId: pool.backendId, exportPath: input.exportPath }
  if (await isBeingManaged(ctx.tx, tree)) throw taken
  await insertShare(ctx.tx, share, instance, { __managed_at: isoMicros(now) })
  await recordEvent(ctx.tx, {
    projectId: share.project_id,
    resourceType: 'share',
    resourceId: share.id,
    event: 'share.managed',
    requestId: ctx.requestId,
    detail: { share_proto: protocol },
    now,
  })
  await start(ctx, {
    kind: 'manage-share',
    payload: {
      shareId: share.id,
      instanceId: instance.id,
      pool: pool.label,
      exportPath: input.exportPath,
      driverOptions: input.driverOptions,
    },
    resourceId: share.id,
    lanes: [instanceLane(instance.id)],
    backendId: pool.backendId,
  })
  return share.id
}

/** Services with a heartbeat after this are up. */
export const upSince = (ctx: Pick<Ctx, 'clock' | 'settings'>): number =>
  ctx.clock.now() - ctx.settings.shares.service_down_time_s * 1_000_000
