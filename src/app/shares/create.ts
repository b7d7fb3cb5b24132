/**
 * "I want a share": everything that can be said about it before anybody looks for a pool. In the request's transaction:
 * quota, the share, its instance and the operation. The scheduler does the rest.
 */
import { randomUUID } from 'node:crypto'
import { type Ctx, isAdmin, start } from '../context.ts'
import { roomForMetadata } from '../limits.ts'
import { refuseAdminKeys } from '../metadata/metadata.ts'
import type { ShareInstancesTable, SharesTable } from '../../db/schema.ts'
import { charge, refuseLarger } from '../../db/store/quotas.ts'
import { recordEvent } from '../../db/store/records.ts'
import { shownOf } from '../../db/store/share-instances.ts'
import { insertShare } from '../../db/store/shares.ts'
import { instanceLane } from '../../model/lanes.ts'
import { fault, invalid } from '../../model/errors.ts'
import { boolSpec } from '../../model/extra-specs.ts'
import { shareCharges } from '../../model/quota.ts'
import { affinityMetadata, hintsOf, recordAffinity, type Hints } from './hints.ts'
import { adminKeysOfShares } from './metadata.ts'
import { findSource, type Source } from './source.ts'
import { mountPointName } from './mount-point-name.ts'
import { checkSizeOfType, checkZonesOfType, typeForShare, type ChosenType } from './type-rules.ts'
import { zoneByNameOrId } from '../../db/store/zones.ts'

export interface CreateShareInput {
  readonly protocol: string
  /** null: the snapshot's size. */
  readonly sizeGib: number | null
  readonly name: string | null
  readonly description: string | null
  readonly shareType: string | null
  readonly snapshotId: string | null
  readonly shareNetworkId: string | null
  readonly availabilityZone: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly isPublic: boolean
  readonly shareGroupId: string | null
  readonly hints: Readonly<Record<string, string | null | undefined>>
  readonly mountPointName: string | null
  readonly encryptionKeyRef: string | null
}

/** Answers the new share's id. */
export async function create(ctx: Ctx, input: CreateShareInput): Promise<string> {
  if (input.isPublic) ctx.policy.authorize('share:create_public_share', ctx.identity)
  const protocol = knownProtocol(ctx, input.protocol)
  const zone = input.availabilityZone === null ? null : await zoneByNameOrId(ctx.db, input.availabilityZone)
  if (zone === undefined) throw fault('AvailabilityZoneNotFound', { id: input.availabilityZone ?? '' })
  if (input.shareGroupId !== null) throw fault('ShareGroupNotFound', { id: input.shareGroupId })
  if (input.shareNetworkId !== null) throw fault('ShareNetworkNotFound', { id: input.shareNetworkId })
  const source = await findSource(ctx, input, zone?.id ?? null)
  const size = input.sizeGib ?? source?.snapshot.size ?? null
  if (size === null) throw invalid('share.size must be given unless the share is made from a snapshot')
  if (source !== null && size < source.snapshot.size) {
    throw invalid(`share.size must be at least the snapshot's size of ${source.snapshot.size} GiB`)
  }
  const type = await typeForShare(ctx, input.shareType, source)
  refuseServers(type, input)
  if (type !== null) {
    checkZonesOfType(ctx, type, zone?.name ?? null)
    checkSizeOfType(type, size)
  }
  if (input.encryptionKeyRef !== null) refuseEncryption(type, input.encryptionKeyRef)
  const mountPoint = await mountPointName(ctx, type, input.mountPointName)
  await refuseLargerThanAllowed(ctx, size, {
    project_id: ctx.identity.projectId,
    user_id: ctx.identity.userId,
    share_type_id: type?.id ?? null,
  })
  refuseAdminKeys(ctx, adminKeysOfShares(ctx), Object.keys(input.metadata))
  const hints = await hintsOf(ctx, input.hints)
  const rows = shareRows(ctx, {
    ...input,
    protocol,
    size,
    type,
    source,
    mountPoint,
    zoneId: zone?.id ?? null,
  })
  await charge(ctx.tx, payerOf(rows.share), shareCharges(rows.share), ctx.settings.quota)
  await roomForMetadata(ctx, rows.share.project_id, { adding: Object.keys(input.metadata).length })
  await insertShare(ctx.tx, rows.share, rows.instance, { ...input.metadata, ...affinityMetadata(hints) })
  await recordAffinity(ctx, rows.share.id, hints)
  await recordEvent(ctx.tx, {
    projectId: rows.share.project_id,
    resourceType: 'share',
    resourceId: rows.share.id,
    event: 'share.created',
    requestId: ctx.requestId,
    detail: { size, share_proto: protocol },
    now: rows.share.created_at,
  })
  await startCreate(ctx, rows.share, source, zone?.id ?? null, hints)
  return rows.share.id
}

function startCreate(
  ctx: Ctx,
  share: SharesTable,
  source: Source | null,
  zoneId: string | null,
  hints: Hints,
) {
  const own = instanceLane(share.instance_id)
  return start(ctx, {
    kind: 'create-share',
    payload: {
      shareId: share.id,
      instanceId: share.instance_id,
      sizeGib: share.size,
      snapshotInstanceId: source?.snapshotInstance.id ?? null,
      snapshotPool: source?.instance.host ?? null,
      availabilityZoneId: zoneId,
      onlyHost: hints.onlyHost,
      sameHost: hints.sameHost,
      differentHost: hints.differentHost,
      query: hints.query,
    },
    resourceId: share.id,
    // A clone also holds its source's lane: the snapshot must not go while it is copied.
    lanes: source === null ? [own] : [own, instanceLane(source.instance.id)],
    backendId: null,
  })
}

export const payerOf = (share: Pick<SharesTable, 'project_id' | 'user_id' | 'share_type_id'>) => ({
  projectId: share.project_id,
  userId: share.user_id,
  shareTypeId: share.share_type_id,
})

/** The universe of protocols; configuration enables some. */
const protocols = ['NFS', 'CIFS', 'GLUSTERFS', 'HDFS', 'CEPHFS', 'MAPRFS', 'LUSTRE']

export function knownProtocol(ctx: Ctx, text: string): string {
  const protocol = text.toUpperCase()
  const enabled = ctx.settings.shares.enabled_share_protocols.map((name) => name.toUpperCase())
  if (!protocols.includes(protocol) || !enabled.includes(protocol)) {
    throw invalid(`share.share_proto must be one of ${enabled.join(', ')}`)
  }
  return protocol
}

/** Types with share servers need a network, others must not have one. */
function refuseServers(type: ChosenType | null, input: CreateShareInput): void {
  if (type === null || boolSpec(type.extra_specs, 'driver_handles_share_servers') !== true) return
  if (input.shareNetworkId === null && input.snapshotId === null) {
    throw invalid('share.share_network_id must be given: the share type handles share servers')
  }
}

function refuseEncryption(type: ChosenType | null, key: string): void {
  if (!/^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/.test(key)) {
    throw invalid('share.encryption_key_ref must be the uuid of a secret')
  }
  const support = type?.extra_specs.encryption_support
  const servers = type !== null && boolSpec(type.extra_specs, 'driver_handles_share_servers') === true
  if ((support !== 'share' && support !== 'share_server') || !servers) {
    throw invalid('share.encryption_key_ref needs a share type with encryption_support and share servers')
  }
}

/** `per_share_gigabytes` of whoever pays for the share, which an administrator of another project does not. */
export function refuseLargerThanAllowed(
  ctx: Ctx,
  sizeGib: number,
  share: Pick<SharesTable, 'project_id' | 'user_id' | 'share_type_id'>,
): Promise<void> {
  return refuseLarger(ctx.tx, payerOf(share), sizeGib, ctx.settings.quota)
}

interface NewShare extends CreateShareInput {
  readonly size: number
  readonly type: ChosenType | null
  readonly source: Source | null
  readonly mountPoint: string | null
  readonly zoneId: string | null
}

function shareRows(ctx: Ctx, from: NewShare): { share: SharesTable; instance: ShareInstancesTable } {
  const now = ctx.clock.now()
  const instance: ShareInstancesTable = {
    id: randomUUID(),
    share_id: randomUUID(),
    host: '',
    pool_id: null,
    backend_id: null,
    status: 'creating',
    placed_gib: 0,
    availability_zone_id: from.zoneId,
    share_type_id: from.type?.id ?? null,
    share_network_id: null,
    share_server_id: null,
    access_rules_status: 'active',
    replica_state: null,
    cast_rules_to_readonly: 0,
    progress: null,
    driver_state: '{}',
    access_generation: 0,
    access_applied: 0,
    created_at: now,
    updated_at: null,
    scheduled_at: null,
    launched_at: null,
  }
  const share: SharesTable = {
    id: instance.share_id,
    project_id: ctx.identity.projectId,
    user_id: ctx.identity.userId,
    name: from.name,
    description: from.description,
    size: from.size,
    target_size: null,
    share_proto: from.protocol,
    is_public: from.isPublic ? 1 : 0,
    snapshot_id: from.source?.snapshot.id ?? null,
    share_group_id: null,
    source_share_group_snapshot_member_id: null,
    source_backup_id: null,
    task_state: null,
    ...abilitiesOf(from.type),
    has_replicas: 0,
    mount_point_name: from.mountPoint,
    encryption_key_ref: from.encryptionKeyRef,
    qos_type_id: null,
    is_soft_deleted: 0,
    scheduled_to_be_deleted_at: null,
    created_at: now,
    updated_at: null,
    ...shownOf(instance),
  }
  return { share, instance }
}

/** What a share can do is decided by its type at birth. */
export function abilitiesOf(
  type: ChosenType | null,
): Pick<
  SharesTable,
  | 'replication_type'
  | 'snapshot_support'
  | 'create_share_from_snapshot_support'
  | 'revert_to_snapshot_support'
  | 'mount_snapshot_support'
  | 'snapshot_inherit_share_access_support'
> {
  const has = (key: Parameters<typeof boolSpec>[1]): 0 | 1 =>
    type !== null && boolSpec(type.extra_specs, key) === true ? 1 : 0
  return {
    replication_type: type?.extra_specs.replication_type ?? null,
    snapshot_support: has('snapshot_support'),
    create_share_from_snapshot_support: has('create_share_from_snapshot_support'),
    revert_to_snapshot_support: has('revert_to_snapshot_support'),
    mount_snapshot_support: has('mount_snapshot_support'),
    snapshot_inherit_share_access_support: has('snapshot_inherit_share_access_support'),
  }
}

/** Hints that only an administrator may use are dropped for others, as in the original. */
export const mayPin = (ctx: Ctx): boolean => ctx.flags.has('onlyHostHint') && isAdmin(ctx)
