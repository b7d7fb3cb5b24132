/**
 * A snapshot of every share of a group. In the request's transaction: quota, the group snapshot, its members and the operation;
 * each member is a snapshot that nobody sees elsewhere.
 */
import { randomUUID } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import type { ShareGroupSnapshotsTable, SharesTable } from '../../db/schema.ts'
import { addGroup } from '../../lifecycle/share-groups/change.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { sharesOfGroup } from '../../db/store/share-groups.ts'
import { insertSnapshot } from '../../db/store/snapshot-list.ts'
import { takeShares } from '../../db/store/share-turns.ts'
import { Fault, fault, invalid } from '../../model/errors.ts'
import { shareGroupGates } from '../../model/gates/groups.ts'
import { groupLane, instanceLane } from '../../model/lanes.ts'
import { refuseAtOnce } from '../barriers.ts'
import { findGroup } from '../share-groups/find.ts'
import { snapshotRows } from '../snapshots/create.ts'

export interface CreateGroupSnapshotInput {
  readonly groupId: string
  readonly name: string | null
  readonly description: string | null
}

/** Answers the new group snapshot's id. 400 for a group that is not there, 409 unless it and all of its shares are available. */
export async function create(ctx: Ctx, input: CreateGroupSnapshotInput): Promise<string> {
  const group = await findGroup(ctx, input.groupId, true).catch((error: unknown) => {
    if (!(error instanceof Fault) || error.code !== 'ShareGroupNotFound') throw error
    throw invalid(`share_group_snapshot.share_group_id: there is no share group ${input.groupId}`)
  })
  const { project_id, user_id } = group
  ctx.policy.authorize('share_group_snapshot:create', ctx.identity, { project_id, user_id })
  const ids = (await sharesOfGroup(ctx.tx, group.id)).map((share) => share.id)
  await takeShares(ctx.tx, ids)
  const shares = await sharesOfGroup(ctx.tx, group.id)
  refuseAtOnce(shareGroupGates.snapshot({ group, shares }))
  const snapshot: ShareGroupSnapshotsTable = {
    id: randomUUID(),
    share_group_id: group.id,
    project_id: ctx.identity.projectId,
    user_id: ctx.identity.userId,
    name: input.name,
    description: input.description,
    status: 'creating',
    created_at: ctx.clock.now(),
    updated_at: null,
  }
  await addGroup(ctx.tx, 'share_group_snapshot', snapshot, {
    enforce: ctx.settings.quota,
    requestId: ctx.requestId,
    detail: { share_group_id: group.id },
  })
  const lanes: string[] = []
  for (const share of shares) lanes.push(await insertMember(ctx, share, snapshot.id))
  await start(ctx, {
    kind: 'create-share-group-snapshot',
    payload: { groupSnapshotId: snapshot.id, groupId: group.id },
    resourceId: snapshot.id,
    lanes: [groupLane(group.id), ...lanes],
    backendId: group.backend_id,
    projectId: snapshot.project_id,
  })
  return snapshot.id
}

/** Answers the lane of the share's instance. */
async function insertMember(ctx: Ctx, share: SharesTable, groupSnapshotId: string): Promise<string> {
  const instance = await instanceById(ctx.tx, share.instance_id)
  if (instance === undefined || instance.backend_id === null)
    throw fault('Conflict', { message: `Share ${share.id} of the group is on no backend.` })
  const nameless = { name: null, description: null, status: 'creating', providerLocation: null } as const
  const rows = snapshotRows(ctx, share, instance, { ...nameless, groupSnapshotId })
  await insertSnapshot(ctx.tx, rows.snapshot, rows.instance, {})
  return instanceLane(instance.id)
}
