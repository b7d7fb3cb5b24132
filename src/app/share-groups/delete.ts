/** Ways for a share group to end: deleted when it is empty, or by force with all that is in it. */
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { changeGroup, removeGroup } from '../../lifecycle/share-groups/change.ts'
import { contentsOfGroup, type ShareGroupRow } from '../../db/store/share-groups.ts'
import { fault } from '../../model/errors.ts'
import { shareGroupGates } from '../../model/gates/groups.ts'
import { groupLane } from '../../model/lanes.ts'
import { shareGroupAllows } from '../../model/states.ts'
import { refuseAtOnce } from '../barriers.ts'
import { findGroupToChange } from './find.ts'

/** 409 for a group that is busy or holds anything. One that was never placed is gone at once. */
export async function remove(ctx: Ctx, id: string): Promise<void> {
  const group = await findGroupToChange(ctx, id, 'share_group:delete')
  refuseAtOnce(shareGroupGates.delete({ group, contents: await contentsOfGroup(ctx.tx, group.id) }))
  const settle = { now: ctx.clock.now(), requestId: ctx.requestId }
  if (group.backend_id === null) {
    await removeGroup(ctx.tx, group.id, settle)
    return
  }
  const change = { ...settle, from: shareGroupAllows.delete.states, to: 'deleting' }
  if (!(await changeGroup(ctx.tx, 'share_group', group.id, change)))
    throw fault('LostRace', { message: `Share group ${group.id} changed meanwhile: ask again.` })
  await startDelete(ctx, group, [], false)
}

/** `lanes` of what goes along. */
export const startDelete = (
  ctx: Ctx,
  group: ShareGroupRow,
  lanes: readonly string[],
  force: boolean,
): Promise<string> =>
  start(ctx, {
    kind: 'delete-share-group',
    payload: { groupId: group.id, force },
    resourceId: group.id,
    lanes: [groupLane(group.id), ...lanes],
    backendId: group.backend_id,
    projectId: group.project_id,
  })
