/** Ends what waits or runs in a lane because an administrator overrules it. */
import type { Ctx } from '../context.ts'
import { bumpFence, cancelLane } from '../../engine/lanes.ts'

/**
 * Fences off the running operation and marks every open one in the lane as cancelled with this cause. What the fenced
 * worker was doing may still take effect on the backend until its child reads the fence; nothing of it is recorded.
 */
export async function endOperations(ctx: Ctx, lane: string, code: string, message: string): Promise<void> {
  await bumpFence(ctx.tx, lane)
  await cancelLane(ctx.tx, lane, { code, message }, ctx.clock.now())
}
