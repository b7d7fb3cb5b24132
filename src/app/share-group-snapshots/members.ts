/** The members of a group snapshot as its verbs move them: never alone, always all of them. */
import type { Ctx } from '../context.ts'
import type { MemberRow } from '../../db/store/share-group-snapshots.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { changeSnapshotInstance, removeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import { snapshotInstancesOf } from '../../db/store/snapshots.ts'
import { instanceLane } from '../../model/lanes.ts'

/** Marks them as being deleted; those that no backend knows are gone at once. Answers the lanes of the others. */
export async function endMembers(ctx: Ctx, members: readonly MemberRow[]): Promise<string[]> {
  const settle = { now: ctx.clock.now(), requestId: ctx.requestId }
  const lanes: string[] = []
  for (const { id } of members) {
    for (const one of await snapshotInstancesOf(ctx.tx, id)) {
      const instance = await instanceById(ctx.tx, one.share_instance_id)
      if (instance === undefined || instance.backend_id === null) {
        await removeSnapshotInstance(ctx.tx, one.id, settle)
        continue
      }
      const change = { ...settle, snapshotInstanceId: one.id, from: null, to: 'deleting' }
      await changeSnapshotInstance(ctx.tx, change)
      lanes.push(instanceLane(instance.id))
    }
  }
  return lanes
}

/** Writes a status to all of them, with their group snapshot's. */
export async function resetMembers(ctx: Ctx, members: readonly MemberRow[], status: string): Promise<void> {
  const change = { from: null, to: status, now: ctx.clock.now(), requestId: ctx.requestId }
  for (const { id } of members)
    for (const one of await snapshotInstancesOf(ctx.tx, id))
      await changeSnapshotInstance(ctx.tx, { ...change, snapshotInstanceId: one.id })
}
