/**
 * "I want a share": everything that can be said about it before anybody looks for a pool. In the request's transaction:
 * quota, the share, its instance and the operation. The scheduler does the rest.
 */
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { roomForMetadata } from '../limits.ts'
import type { ShareGroupsTable, SharesTable } from '../../db/schema.ts'
import { refuseLarger, settle } from '../../lifecycle/quotas.ts'
import { recordEvent } from '../../db/store/records.ts'
import { everything } from '../../db/store/scope.ts'
import type { MemberRow } from '../../db/store/share-group-snapshots.ts'
import { takeShare } from '../../db/store/share-turns.ts'
import { typeById } from '../../db/store/share-types.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { newShareRows } from '../../lifecycle/shares/new-rows.ts'
import { type ShareListRow } from '../../db/store/share-list.ts'
import { insertShare } from '../../db/store/shares.ts'
import { fault } from '../../model/errors.ts'
import { shareGates } from '../../model/gates/shares.ts'
import { instanceLane } from '../../model/lanes.ts'
import type { OperationPayloads } from '../../model/operations.ts'
import { shareAllowsAgain } from '../../model/states.ts'
import { refuseAtOnce } from '../barriers.ts'
import { shareCharges } from '../../model/charges.ts'
import { findShareToChange } from './find.ts'
import { affinityMetadata, recordAffinity } from './hints.ts'
import { newShare, type CreateShareInput } from './new-share.ts'
import { findSource, type Source } from './source.ts'
import type { ChosenType } from './type-rules.ts'

/** Answers the new share as a reply shows it: what was just written is not read again. */
export async function create(ctx: Ctx, input: CreateShareInput): Promise<ShareListRow> {
  const payer = { projectId: ctx.identity.projectId, userId: ctx.identity.userId }
  const asked = await newShare<never>(ctx, input, {
    payer,
    keeps: true,
    check: async (_field, work) => work(),
  })
  const { source, hints } = asked
  const zoneId = asked.zone?.id ?? null
  const groupId = asked.group?.id ?? null
  const ownMetadata = affinityMetadata(hints)
  const share = await admit(
    ctx,
    { ...input, ...asked, snapshotId: source?.snapshot.id ?? null, zoneId, groupId, memberId: null },
    ownMetadata,
  )
  await recordAffinity(ctx, share.id, hints)
  await startCreate(ctx, share, source, { ...hints, availabilityZoneId: zoneId })
  return {
    ...share,
    share_type_name: asked.type?.name ?? null,
    zone_name: asked.zone?.name ?? null,
    metadata: { ...input.metadata, ...ownMetadata },
    paths: [],
  }
}

/** Charges a new share, writes it and tells that it is there. Its making is still to be begun. */
async function admit(
  ctx: Ctx,
  from: NewShare,
  ownMetadata: Readonly<Record<string, string>>,
): Promise<SharesTable> {
  const { share, instance } = shareRows(ctx, from)
  const { project_id: projectId, size, share_proto } = share
  await settle(ctx.tx, { before: [], after: shareCharges(share, [instance]) }, ctx.settings.quota)
  await roomForMetadata(ctx, projectId, { adding: Object.keys(from.metadata).length })
  await insertShare(ctx.tx, share, instance, { ...from.metadata, ...ownMetadata })
  await recordEvent(ctx.tx, {
    projectId,
    resourceType: 'share',
    resourceId: share.id,
    event: 'share.created',
    requestId: ctx.requestId,
    detail: { size, share_proto },
    now: share.created_at,
  })
  return share
}

/**
 * Writes the share that a member of a group snapshot becomes in the group; the group's operation makes it. Answers the instance
 * that the member was taken of, and the new one.
 */
export async function shareOfMember(
  ctx: Ctx,
  group: ShareGroupsTable,
  member: MemberRow,
): Promise<{ readonly source: string; readonly made: string }> {
  const parent = await takeShare(ctx.tx, member.share_id)
  if (parent === undefined) throw fault('ShareNotFound', { id: member.share_id })
  const type =
    parent.share_type_id === null
      ? null
      : ((await typeById(ctx.tx, everything, parent.share_type_id)) ?? null)
  const payer = {
    projectId: ctx.identity.projectId,
    userId: ctx.identity.userId,
    shareTypeId: type?.id ?? null,
  }
  await refuseLarger(ctx.tx, payer, member.size, ctx.settings.quota)
  const share = await admit(
    ctx,
    {
      name: null,
      description: null,
      metadata: {},
      isPublic: false,
      encryptionKeyRef: null,
      mountPoint: null,
      protocol: member.share_proto,
      size: member.size,
      type,
      snapshotId: null,
      zoneId: group.availability_zone_id,
      groupId: group.id,
      memberId: member.id,
    },
    {},
  )
  return { source: parent.instance_id, made: share.instance_id }
}

/**
 * A share whose making failed is made once more, with the arguments it was asked for with. It is charged already. What may be left of it on a
 * backend has its ids, so it is taken up there, or taken away.
 */
export async function createAgain(
  ctx: Ctx,
  id: string,
  wish: OperationPayloads['create-share'],
): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:create')
  refuseAtOnce(shareGates.createAgain({ share }))
  const source = await findSource(
    ctx,
    { snapshotId: wish.snapshotInstanceId === null ? null : share.snapshot_id },
    wish.availabilityZoneId,
    true,
  )
  const moved = await changeInstance(ctx.tx, {
    instanceId: share.instance_id,
    from: shareAllowsAgain.create.states,
    to: 'creating',
    instance: { progress: null, scheduled_at: null },
    now: ctx.clock.now(),
    requestId: ctx.requestId,
    enforce: ctx.settings.quota,
  })
  if (!moved) throw fault('LostRace', { message: `Share ${share.id} changed meanwhile: ask again.` })
  await startCreate(ctx, share, source, wish)
}

function startCreate(
  ctx: Ctx,
  share: SharesTable,
  source: Source | null,
  wish: Pick<
    OperationPayloads['create-share'],
    'availabilityZoneId' | 'onlyHost' | 'sameHost' | 'differentHost' | 'query'
  >,
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
      availabilityZoneId: wish.availabilityZoneId,
      onlyHost: wish.onlyHost,
      sameHost: wish.sameHost,
      differentHost: wish.differentHost,
      query: wish.query,
    },
    resourceId: share.id,
    // A clone also holds its source's lane: the snapshot must not go while it is copied.
    lanes: source === null ? [own] : [own, instanceLane(source.instance.id)],
    backendId: null,
    projectId: share.project_id,
  })
}

interface NewShare extends Pick<
  CreateShareInput,
  'name' | 'description' | 'metadata' | 'isPublic' | 'protocol' | 'encryptionKeyRef' | 'snapshotId'
> {
  readonly size: number
  readonly type: ChosenType | null
  readonly mountPoint: string | null
  readonly zoneId: string | null
  readonly groupId: string | null
  /** Of the group snapshot that its group is made from. */
  readonly memberId: string | null
}

const shareRows = (ctx: Ctx, from: NewShare) =>
  newShareRows({
    ...from,
    projectId: ctx.identity.projectId,
    userId: ctx.identity.userId,
    shareGroupId: from.groupId,
    groupSnapshotMemberId: from.memberId,
    status: 'creating',
    place: null,
    now: ctx.clock.now(),
  })
