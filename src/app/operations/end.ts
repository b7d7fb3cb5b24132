/** Ends what waits or runs in a lane because an administrator overrules it. */
import type { Ctx } from '../context.ts'
import type { EndedOperation } from '../../db/store/operation-cancel.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { changeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import { changeGroup } from '../../lifecycle/share-groups/change.ts'
import { bumpFence, cancelLane } from '../../db/store/leases.ts'
import { instanceOfLane } from '../../model/lanes.ts'
import {
  operatedShareGroupStatuses,
  operatedShareStatuses,
  operatedSnapshotStatuses,
} from '../../model/states.ts'

/**
 * Fences off the running operation and marks every open one in the lane as cancelled with this cause, families whole. What the
 * fenced worker was doing may still take effect on the backend until its child reads the fence; nothing of it is recorded.
 */
export async function endOperations(ctx: Ctx, lane: string, code: string, message: string): Promise<void> {
  await bumpFence(ctx.tx, lane)
  const ended = await cancelLane(ctx.tx, lane, { code, message }, ctx.clock.now())
  await endSubjects(
    ctx,
    ended.filter((one) => one.lane !== lane),
  )
}

/**
 * What the rest of a family worked on is in error from now on: nobody goes on with it, and its owner may delete it. The
 * caller says himself what becomes of the one that he overruled.
 */
export async function endSubjects(ctx: Ctx, ended: readonly EndedOperation[]): Promise<void> {
  const by = { to: 'error', now: ctx.clock.now(), requestId: ctx.requestId }
  for (const { lane, payload, resource_type: resource, resource_id: id } of ended) {
    const { snapshotInstanceId } = JSON.parse(payload) as { readonly snapshotInstanceId?: string | null }
    const instanceId = instanceOfLane(lane)
    if (resource === 'snapshot' && typeof snapshotInstanceId === 'string')
      await changeSnapshotInstance(ctx.tx, { ...by, snapshotInstanceId, from: operatedSnapshotStatuses })
    if (resource === 'share_group' || resource === 'share_group_snapshot')
      await changeGroup(ctx.tx, resource, id, { ...by, from: operatedShareGroupStatuses })
    if (resource === 'share' && instanceId !== null)
      await changeInstance(ctx.tx, { ...by, instanceId, from: operatedShareStatuses })
  }
}
