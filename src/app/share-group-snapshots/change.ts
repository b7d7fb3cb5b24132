/** Name and description of a group snapshot, and a status that an administrator writes by hand. */
import type { Ctx } from '../context.ts'
import { membersOf, updateGroupSnapshotColumns } from '../../db/store/share-group-snapshots.ts'
import { takeShares } from '../../db/store/share-turns.ts'
import { resetRow } from '../share-groups/reset.ts'
import { changedWords, type UpdateGroupInput } from '../share-groups/update.ts'
import { recordUpdate } from '../updated.ts'
import { findGroupSnapshotToChange } from './find.ts'
import { resetMembers } from './members.ts'

export async function update(ctx: Ctx, id: string, input: UpdateGroupInput): Promise<void> {
  const snapshot = await findGroupSnapshotToChange(ctx, id, 'share_group_snapshot:update')
  await updateGroupSnapshotColumns(ctx.tx, snapshot.id, changedWords(ctx, input))
  await recordUpdate(ctx, 'share_group_snapshot', snapshot)
}

/** Of its members too: they are in no list where an administrator could reset each. */
export async function resetStatus(ctx: Ctx, id: string, status: string): Promise<void> {
  const snapshot = await findGroupSnapshotToChange(ctx, id, 'share_group_snapshot:reset_status')
  const members = await membersOf(ctx.tx, snapshot.id)
  await takeShares(
    ctx.tx,
    members.map((member) => member.share_id),
  )
  await resetRow(ctx, 'share_group_snapshot', { id: snapshot.id, groupId: snapshot.share_group_id, status })
  await resetMembers(ctx, members, status)
}
