/** An administrator writes a status by hand. It is only a status: what runs for the group is fenced off first. */
import type { Ctx } from '../context.ts'
import type { GroupNoun } from '../../db/store/group-rows.ts'
import { changeGroup } from '../../lifecycle/share-groups/change.ts'
import { invalid } from '../../model/errors.ts'
import { groupLane } from '../../model/lanes.ts'
import { resettableStatuses } from '../../model/states.ts'
import { endOperationsOf } from '../operations/end-of-resource.ts'
import { findGroupToChange } from './find.ts'

export async function resetStatus(ctx: Ctx, id: string, status: string): Promise<void> {
  const group = await findGroupToChange(ctx, id, 'share_group:reset_status')
  await resetRow(ctx, 'share_group', { id: group.id, groupId: group.id, status })
}

/** Used for group snapshots too: their work is in the lane of their group. */
export async function resetRow(
  ctx: Ctx,
  noun: GroupNoun,
  { id, groupId, status }: { readonly id: string; readonly groupId: string; readonly status: string },
): Promise<void> {
  if (!(resettableStatuses as readonly string[]).includes(status))
    throw invalid(`status must be one of ${resettableStatuses.join(', ')}`)
  await endOperationsOf(ctx, groupLane(groupId), id, {
    code: 'status-reset',
    message: 'An administrator reset the status.',
  })
  const change = { from: null, to: status, now: ctx.clock.now(), requestId: ctx.requestId }
  await changeGroup(ctx.tx, noun, id, change)
}
