/**
 * An administrator's last word on a share group: its group snapshots and shares go with it, from the backend too (the original
 * only forgets their rows). What runs for any of them is fenced off first.
 */
import type { Ctx } from '../context.ts'
import { changeGroup, removeGroup } from '../../lifecycle/share-groups/change.ts'
import { groupSnapshotsOf, membersOf } from '../../db/store/share-group-snapshots.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { instancesOf } from '../../db/store/share-instances.ts'
import { removeInstance } from '../../lifecycle/shares/remove.ts'
import { sharesOfGroup } from '../../db/store/share-groups.ts'
import { takeShares } from '../../db/store/share-turns.ts'
import { dependentsOf, type ShareRow } from '../../db/store/shares.ts'
import { dependents } from '../../model/gates/shares.ts'
import { groupLane, instanceLane } from '../../model/lanes.ts'
import { refuse } from '../barriers.ts'
import { endOperations } from '../operations/end.ts'
import { endMembers } from '../share-group-snapshots/members.ts'
import { startDelete } from './delete.ts'
import { findGroupToChange } from './find.ts'

const cause = 'An administrator deleted the share group by force.'

/** 400 when a share has snapshots of its own, backups, replicas or a lock against deletion, as for the force deletion of a share. */
export async function forceDelete(ctx: Ctx, id: string): Promise<void> {
  const group = await findGroupToChange(ctx, id, 'share_group:force_delete')
  const shares = await sharesOfGroup(ctx.tx, group.id)
  const snapshots = await groupSnapshotsOf(ctx.tx, group.id)
  await takeShares(
    ctx.tx,
    shares.map((share) => share.id),
  )
  for (const share of shares) {
    const found = { ...(await dependentsOf(ctx.tx, share.id)), groupMembers: 0 }
    await refuse(ctx, dependents({ share, dependents: found }, 'InvalidState'), share)
  }
  await endOperations(ctx, groupLane(group.id), 'force-deleted', cause)
  const change = { from: null, to: 'deleting', now: ctx.clock.now(), requestId: ctx.requestId }
  const lanes: string[] = []
  for (const snapshot of snapshots) {
    await changeGroup(ctx.tx, 'share_group_snapshot', snapshot.id, change)
    lanes.push(...(await endMembers(ctx, await membersOf(ctx.tx, snapshot.id))))
  }
  for (const share of shares) lanes.push(...(await endShare(ctx, share)))
  await changeGroup(ctx.tx, 'share_group', group.id, change)
  if (group.backend_id !== null) await startDelete(ctx, group, lanes, true)
  else await removeGroup(ctx.tx, group.id, change)
}

/** Marks its instances; those that no backend knows are gone at once. Answers the lanes of the others. */
async function endShare(ctx: Ctx, share: ShareRow): Promise<string[]> {
  const lanes: string[] = []
  const settle = { now: ctx.clock.now(), requestId: ctx.requestId }
  for (const instance of await instancesOf(ctx.tx, share.id)) {
    const lane = instanceLane(instance.id)
    await endOperations(ctx, lane, 'force-deleted', cause)
    if (instance.backend_id === null) {
      await removeInstance(ctx.tx, instance.id, settle)
      continue
    }
    await changeInstance(ctx.tx, { ...settle, instanceId: instance.id, from: null, to: 'deleting' })
    lanes.push(lane)
  }
  return lanes
}
