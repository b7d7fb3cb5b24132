/** How a verb begins work that goes on after the reply. */
import { enqueue, nudge, type NewOperation } from '../engine/queue.ts'
import type { OperationKind } from '../model/operations.ts'
import { standingOf, type Ctx } from './context.ts'
import { withinProject } from './limits.ts'

/** Writes an operation in the request's transaction and wakes its worker after the commit. Answers its id; 413 when the project has too many. */
export async function start<Kind extends OperationKind>(
  ctx: Ctx,
  work: Omit<NewOperation<Kind>, 'projectId' | 'userId' | 'begunAs' | 'requestId' | 'now'> & {
    readonly projectId?: string
  },
): Promise<string> {
  await withinProject(ctx, 'operations_per_project', work.projectId ?? ctx.identity.projectId)
  const operation = {
    projectId: ctx.identity.projectId,
    ...work,
    userId: ctx.identity.userId,
    begunAs: standingOf(ctx),
    requestId: ctx.requestId,
    now: ctx.clock.now(),
  } as NewOperation<Kind>
  const enqueued = await enqueue(ctx.tx, operation, { agreement: ctx.agreement })
  ctx.afterCommit(() => nudge(ctx.bus, enqueued))
  return enqueued.id
}
