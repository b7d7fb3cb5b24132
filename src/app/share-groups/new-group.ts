/** What is said of a share group before there is one, and everything that can be decided of it before anybody looks for a pool. */
import { type Ctx, isAdmin, scopeOf } from '../context.ts'
import type { ShareGroupSnapshotsTable } from '../../db/schema.ts'
import { takeGroupRow } from '../../db/store/group-rows.ts'
import { groupSnapshotInScope } from '../../db/store/share-group-snapshots.ts'
import {
  defaultGroupType,
  groupTypeById,
  holdGroupType,
  type ShareGroupType,
} from '../../db/store/share-group-types.ts'
import { groupById, typesOfGroups, type ShareGroupRow } from '../../db/store/share-groups.ts'
import { defaultType, typeById, type ShareType } from '../../db/store/share-types.ts'
import { zoneByNameOrId, type Zone } from '../../db/store/zones.ts'
import { fault, invalid } from '../../model/errors.ts'
import { boolSpec, zonesSpec } from '../../model/extra-specs.ts'
import { groupSnapshotGates } from '../../model/gates/groups.ts'
import { refuseAtOnce } from '../barriers.ts'
import { keepType } from '../shares/type-rules.ts'

export interface CreateGroupInput {
  readonly name: string | null
  readonly description: string | null
  /** Ids; null = the default share type. */
  readonly shareTypes: readonly string[] | null
  /** Null = the default share group type. */
  readonly groupTypeId: string | null
  readonly sourceSnapshotId: string | null
  readonly shareNetworkId: string | null
  readonly availabilityZone: string | null
}

/** A group snapshot that becomes a group, which is then where the group is that it was taken of. */
export interface GroupSource {
  readonly snapshot: ShareGroupSnapshotsTable
  readonly group: ShareGroupRow
}

/** What a request comes to. */
export interface AskedGroup {
  readonly type: ShareGroupType
  readonly shareTypes: readonly string[]
  readonly zone: Zone | null
  readonly source: GroupSource | null
}

/** Throws the first refusal. What it looked at stays as it is until the transaction ends. */
export async function askGroup(ctx: Ctx, input: CreateGroupInput): Promise<AskedGroup> {
  refuseBoth(input)
  const zone = await namedZone(ctx, input.availabilityZone)
  if (input.shareNetworkId !== null)
    throw invalid(`share_group.share_network_id: there is no share network ${input.shareNetworkId}`)
  const source = input.sourceSnapshotId === null ? null : await findSource(ctx, input.sourceSnapshotId)
  const shareTypes =
    source === null
      ? await typesFor(ctx, input.shareTypes, zone)
      : ((await typesOfGroups(ctx.db, [source.group.id])).get(source.group.id) ?? [])
  for (const id of shareTypes) await keepType(ctx, { id })
  const type = await groupTypeFor(ctx, input.groupTypeId, source)
  const strange = shareTypes.find((id) => !type.share_types.includes(id))
  if (strange !== undefined)
    throw invalid(`share_group.share_types: share group type ${type.name} has no share type ${strange}`)
  return { type, shareTypes, zone, source }
}

function refuseBoth(input: CreateGroupInput): void {
  if (input.sourceSnapshotId === null) return
  const twice = Object.entries({
    share_types: input.shareTypes,
    share_network_id: input.shareNetworkId,
    availability_zone: input.availabilityZone,
  }).find(([, value]) => value !== null)
  if (twice !== undefined)
    throw invalid(
      `share_group.${twice[0]} can't be given with source_share_group_snapshot_id: the new group is as the one that was taken`,
    )
}

async function namedZone(ctx: Ctx, name: string | null): Promise<Zone | null> {
  if (name === null) return null
  if (!ctx.flags.has('zonesOfGroups')) throw invalid('share_group.availability_zone needs microversion 2.34')
  const zone = await zoneByNameOrId(ctx.db, name)
  if (zone === undefined) throw fault('AvailabilityZoneNotFound', { id: name })
  return zone
}

/** 400 for one that is not there, 409 for one that is not available. It, and the group it was taken of, stay as they are. */
async function findSource(ctx: Ctx, id: string): Promise<GroupSource> {
  const known = await groupSnapshotInScope(ctx.db, scopeOf(ctx), id)
  const none = invalid(`share_group.source_share_group_snapshot_id: there is no group snapshot ${id}`)
  if (known === undefined) throw none
  // In the order of all locks: the group, then its snapshot.
  await takeGroupRow(ctx.tx, 'share_group', known.share_group_id)
  const snapshot = await takeGroupRow(ctx.tx, 'share_group_snapshot', known.id)
  const group = await groupById(ctx.tx, known.share_group_id)
  if (snapshot === undefined || group === undefined) throw none
  refuseAtOnce(groupSnapshotGates.createGroup({ snapshot }))
  return { snapshot, group }
}

/** 400 for one that is not there or not the caller's to use, and for types that can't be together in one group. */
async function typesFor(
  ctx: Ctx,
  named: readonly string[] | null,
  zone: Zone | null,
): Promise<readonly string[]> {
  const types: ShareType[] = []
  for (const id of new Set(named ?? [])) {
    const type = await typeById(ctx.db, scopeOf(ctx), id)
    if (type === undefined) throw invalid(`share_group.share_types: there is no share type ${id}`)
    types.push(type)
  }
  if (types.length === 0) {
    const type = await defaultType(ctx.db, ctx.settings.shares.default_share_type)
    if (type === undefined)
      throw invalid('share_group.share_types must name a share type: there is no default one')
    types.push(type)
  }
  const handling = new Set(types.map((type) => boolSpec(type.extra_specs, 'driver_handles_share_servers')))
  if (handling.size > 1)
    throw invalid('share_group.share_types must be alike in driver_handles_share_servers')
  if (handling.has(true))
    throw invalid('share_group.share_network_id must be given: the share types handle share servers')
  for (const type of types) {
    const allowed = zonesSpec(type.extra_specs)
    if (zone !== null && allowed.length > 0 && !allowed.includes(zone.name))
      throw invalid(
        `share_group.availability_zone must be one of ${allowed.join(', ')} for share type ${type.name}`,
      )
  }
  return types.map(({ id }) => id).sort()
}

/** The type named, else the default; a group from a snapshot is else of the type that the other is of. */
async function groupTypeFor(
  ctx: Ctx,
  named: string | null,
  source: GroupSource | null,
): Promise<ShareGroupType> {
  const scope = { projectId: isAdmin(ctx) ? null : ctx.identity.projectId }
  const type =
    named !== null
      ? await groupTypeById(ctx.db, scope, named)
      : ((await defaultGroupType(ctx.db, ctx.settings.shares.default_share_group_type)) ??
        (source === null
          ? undefined
          : await groupTypeById(ctx.db, { projectId: null }, source.group.share_group_type_id)))
  if (type === undefined || !(await holdGroupType(ctx.tx, type.id)))
    throw invalid(
      named === null
        ? 'share_group.share_group_type_id must be given: there is no default share group type'
        : `share_group.share_group_type_id: there is no share group type ${named}`,
    )
  return type
}
