/** Ends what waits or runs for one snapshot; other work in the lane of its share goes on. */
import type { Ctx } from '../context.ts'
import { cancelOperations, openOperationsOn } from '../../db/store/operation-cancel.ts'
import { bumpFence } from '../../engine/lanes.ts'
import { endSubjects } from '../operations/end.ts'

/** Fences off the running operation if it is this snapshot's, and marks every open one of the snapshot as cancelled. */
export async function endSnapshotOperations(
  ctx: Ctx,
  lane: string,
  snapshotId: string,
  cause: { readonly code: string; readonly message: string },
): Promise<void> {
  const { ids, running } = await openOperationsOn(ctx.tx, lane, snapshotId)
  if (running) await bumpFence(ctx.tx, lane)
  const ended = await cancelOperations(ctx.tx, ids, cause, ctx.clock.now())
  await endSubjects(
    ctx,
    ended.filter((one) => one.resource_id !== snapshotId),
  )
}
