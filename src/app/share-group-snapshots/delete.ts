/** Ways for a group snapshot to end. Its members go with it; a group that is made of it holds the lane, so the deletion waits. */
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { changeGroup, removeGroupSnapshot } from '../../lifecycle/share-groups/change.ts'
import {
  groupsBeingMadeFrom,
  membersOf,
  type GroupSnapshotRow,
} from '../../db/store/share-group-snapshots.ts'
import { groupById } from '../../db/store/share-groups.ts'
import { takeShares } from '../../db/store/share-turns.ts'
import { groupSnapshotGates } from '../../model/gates/groups.ts'
import { groupLane } from '../../model/lanes.ts'
import { refuseAtOnce } from '../barriers.ts'
import { endOperationsOf } from '../operations/end-of-resource.ts'
import { findGroupSnapshotToChange } from './find.ts'
import { endMembers } from './members.ts'

export async function remove(ctx: Ctx, id: string): Promise<void> {
  const snapshot = await findGroupSnapshotToChange(ctx, id, 'share_group_snapshot:delete')
  const groups = await groupsBeingMadeFrom(ctx.tx, snapshot.id)
  refuseAtOnce(groupSnapshotGates.delete({ snapshot, groups }))
  await end(ctx, snapshot, false)
}

/** An administrator's last word: what runs for it is fenced off first. */
export async function forceDelete(ctx: Ctx, id: string): Promise<void> {
  const snapshot = await findGroupSnapshotToChange(ctx, id, 'share_group_snapshot:force_delete')
  await endOperationsOf(ctx, groupLane(snapshot.share_group_id), snapshot.id, {
    code: 'force-deleted',
    message: 'An administrator deleted the group snapshot by force.',
  })
  await end(ctx, snapshot, true)
}

async function end(ctx: Ctx, snapshot: GroupSnapshotRow, force: boolean): Promise<void> {
  const settle = { now: ctx.clock.now(), requestId: ctx.requestId }
  const members = await membersOf(ctx.tx, snapshot.id)
  await takeShares(
    ctx.tx,
    members.map((member) => member.share_id),
  )
  const lanes = await endMembers(ctx, members)
  const group = await groupById(ctx.tx, snapshot.share_group_id)
  if (group === undefined || group.backend_id === null) {
    await removeGroupSnapshot(ctx.tx, snapshot.id, settle)
    return
  }
  await changeGroup(ctx.tx, 'share_group_snapshot', snapshot.id, {
    ...settle,
    from: null,
    to: 'deleting',
  })
  await start(ctx, {
    kind: 'delete-share-group-snapshot',
    payload: { groupSnapshotId: snapshot.id, groupId: group.id, force },
    resourceId: snapshot.id,
    lanes: [groupLane(group.id), ...lanes],
    backendId: group.backend_id,
    projectId: snapshot.project_id,
  })
}
