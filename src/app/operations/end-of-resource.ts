/** Ends what waits or runs for one resource of a lane; other work in the lane goes on. */
import type { Ctx } from '../context.ts'
import { cancelOperations, openOperationsOn } from '../../db/store/operation-cancel.ts'
import { bumpFence } from '../../db/store/leases.ts'
import { endSubjects } from './end.ts'

/** Fences off the running operation if it is this resource's, and marks every open one of the resource as cancelled. */
export async function endOperationsOf(
  ctx: Ctx,
  lane: string,
  resourceId: string,
  cause: { readonly code: string; readonly message: string },
): Promise<void> {
  const { ids, running } = await openOperationsOn(ctx.tx, lane, resourceId)
  if (running) await bumpFence(ctx.tx, lane)
  const ended = await cancelOperations(ctx.tx, ids, cause, ctx.clock.now())
  await endSubjects(
    ctx,
    ended.filter((one) => one.resource_id !== resourceId),
  )
}
