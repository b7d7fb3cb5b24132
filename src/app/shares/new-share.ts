/**
 * What is said of a share before there is one, and everything that can be decided of it before anybody looks for a pool. A create
 * and a dry run of it (`app/placements/try.ts`) ask the same here, in the same order: the one ends at the first refusal and
 * keeps what it looked at as it is until its end; the other hears all of them, and keeps nothing.
 */
import { type Ctx } from '../context.ts'
import { refuseAdminKeys } from '../metadata/metadata.ts'
import type { SharesTable } from '../../db/schema.ts'
import { refuseLarger } from '../../lifecycle/quotas.ts'
import type { ShareGroupRow } from '../../db/store/share-groups.ts'
import { zoneByNameOrId, type Zone } from '../../db/store/zones.ts'
import { fault, invalid } from '../../model/errors.ts'
import { boolSpec } from '../../model/extra-specs.ts'
import type { NewShareField } from '../../model/new-share-fields.ts'
import type { Payer } from '../../model/quota-lines.ts'
import { groupFor, hintsInGroup, sourceInGroup, typeInGroup, zoneInGroup } from './group-rules.ts'
import { hintsOf, type Hints } from './hints.ts'
import { adminKeysOfShares } from './metadata.ts'
import { mountPointName } from './mount-point-name.ts'
import { findSource, type Source } from './source.ts'
import { checkSizeOfType, checkZonesOfType, typeForShare, type ChosenType } from './type-rules.ts'

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

/** How it is asked. `Unknown` stands for what was refused, where asking goes on after a refusal. */
export interface Asking<Unknown extends undefined> {
  readonly payer: Omit<Payer, 'shareTypeId'>
  /** Others change nothing of what is looked at until the transaction ends. */
  readonly keeps: boolean
  /** Carries one check out. Throws its refusal, or takes it down and answers `Unknown`. */
  check<T>(field: NewShareField, work: () => T | Promise<T>): Promise<T | Unknown>
}

/** What a request comes to. */
export interface AskedShare<Unknown extends undefined> {
  readonly protocol: string | Unknown
  readonly zone: Zone | null | Unknown
  readonly group: ShareGroupRow | null | Unknown
  readonly source: Source | null | Unknown
  readonly size: number | Unknown
  /** Null where there is none at all: the scheduler says so. */
  readonly type: ChosenType | null | Unknown
  readonly mountPoint: string | null | Unknown
  readonly hints: Hints | Unknown
}

/** Asks everything; see {@link Asking} for what becomes of a refusal. */
export function newShare<Unknown extends undefined>(
  ctx: Ctx,
  input: CreateShareInput,
  asking: Asking<Unknown>,
): Promise<AskedShare<Unknown>> {
  return ask(ctx, input, asking) as Promise<AskedShare<Unknown>>
}

async function ask(
  ctx: Ctx,
  input: CreateShareInput,
  { check, keeps, payer }: Asking<undefined>,
): Promise<AskedShare<undefined>> {
  await check('is_public', () => {
    if (input.isPublic) ctx.policy.authorize('share:create_public_share', ctx.identity)
  })
  const protocol = await check('share_proto', () => knownProtocol(ctx, input.protocol))
  const named = await check('availability_zone', () => namedZone(ctx, input.availabilityZone))
  const group = await check('share_group_id', () => groupFor(ctx, input.shareGroupId, keeps))
  const zone = await check('availability_zone', () => zoneInGroup(ctx, named, group))
  await check('share_network_id', () => {
    if (input.shareNetworkId !== null) throw fault('ShareNetworkNotFound', { id: input.shareNetworkId })
  })
  const source = await check('snapshot_id', () => findSource(ctx, input, zone?.id ?? null, keeps))
  const size =
    source === undefined ? (input.sizeGib ?? undefined) : await check('size', () => sizeOf(input, source))
  const type =
    source === undefined && input.shareType === null
      ? undefined
      : await check('share_type', () => typeForShare(ctx, input.shareType, source ?? null, { keeps, payer }))
  if (type !== undefined && source !== undefined) {
    await check('share_network_id', () => refuseServers(type, input))
  }
  if (type !== undefined && type !== null) {
    await check('availability_zone', () => checkZonesOfType(ctx, type, zone?.name ?? null))
    await check('size', () => {
      if (size !== undefined) checkSizeOfType(type, size)
    })
  }
  if (group !== undefined && group !== null) {
    if (type !== undefined) await check('share_type', () => typeInGroup(ctx, type, group))
    await check('snapshot_id', () => sourceInGroup(source, group))
  }
  const key = input.encryptionKeyRef
  if (type !== undefined && key !== null) {
    await check('encryption_key_ref', () => refuseEncryption(type, key))
  }
  const mountPoint =
    type === undefined
      ? undefined
      : await check('mount_point_name', () => mountPointName(ctx, type, input.mountPointName))
  if (size !== undefined) {
    const whole = { ...payer, shareTypeId: type?.id ?? null }
    await check('size', () => refuseLarger(ctx.db, whole, size, ctx.settings.quota))
  }
  await check('metadata', () => refuseAdminKeys(ctx, adminKeysOfShares(ctx), Object.keys(input.metadata)))
  const hints = await check('scheduler_hints', async () =>
    hintsInGroup(await hintsOf(ctx, input.hints, keeps), group),
  )
  return { protocol, zone, group, source, size, type, mountPoint, hints }
}

async function namedZone(ctx: Ctx, name: string | null): Promise<Zone | null> {
  if (name === null) return null
  const zone = await zoneByNameOrId(ctx.db, name)
  if (zone === undefined) throw fault('AvailabilityZoneNotFound', { id: name })
  return zone
}

function sizeOf(input: CreateShareInput, source: Source | null): number {
  const size = input.sizeGib ?? source?.snapshot.size ?? null
  if (size === null) throw invalid('share.size must be given unless the share is made from a snapshot')
  if (source !== null && size < source.snapshot.size) {
    throw invalid(`share.size must be at least the snapshot's size of ${source.snapshot.size} GiB`)
  }
  return size
}

export const payerOf = (share: Pick<SharesTable, 'project_id' | 'user_id' | 'share_type_id'>) => ({
  projectId: share.project_id,
  userId: share.user_id,
  shareTypeId: share.share_type_id,
})

/** The universe of protocols; configuration enables some. */
const protocols = ['NFS', 'CIFS', 'GLUSTERFS', 'HDFS', 'CEPHFS', 'MAPRFS', 'LUSTRE']

/** `field` is what the caller sent it in. */
export function knownProtocol(ctx: Ctx, text: string, field = 'share.share_proto'): string {
  const protocol = text.toUpperCase()
  const enabled = ctx.settings.shares.enabled_share_protocols.map((name) => name.toUpperCase())
  if (!protocols.includes(protocol) || !enabled.includes(protocol)) {
    throw invalid(`${field} must be one of ${enabled.join(', ')}`)
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
  return refuseLarger(ctx.db, payerOf(share), sizeGib, ctx.settings.quota)
}
