/** Asks that an operation be undone at its next step. */
import { requestCancel } from '../../db/store/operation-cancel.ts'
import { operationById } from '../../db/store/operations-read.ts'
import { nudge } from '../../engine/queue.ts'
import { busTopic } from '../../engine/topics.ts'
import { fault } from '../../model/errors.ts'
import { cannotCancel } from '../../model/gates/others.ts'
import { refuseAtOnce } from '../barriers.ts'
import { type Ctx, scopeOf, standsAbove } from '../context.ts'

/**
 * The step under way ends first; then everything done so far is undone and the resource is left as after a failure, with
 * the cause `cancelled`. Any member of the project may, whichever member began it. Throws 404 for another project's, 403 for
 * what an administrator began and the caller is none (a service's likewise), 409 for one that is over, being undone, or a deletion: what is
 * half gone can't be given back.
 */
export async function cancelOperation(ctx: Ctx, id: string): Promise<void> {
  const operation = await operationById(ctx.tx, scopeOf(ctx), id)
  if (operation === undefined) throw fault('OperationNotFound', { id: id.slice(0, 64) })
  const outranked = !standsAbove(ctx, operation.begun_as ?? 'user')
  refuseAtOnce(cannotCancel({ operation, outranked }))
  const due = await requestCancel(ctx.tx, operation.id, ctx.clock.now())
  if (due.length === 0) {
    throw fault('LostRace', { message: `Operation ${operation.id} changed meanwhile: ask again.` })
  }
  const requestId = operation.request_id
  ctx.afterCommit(() => {
    for (const { id: one, topic, backend_id } of due)
      nudge(ctx.bus, { id: one, topic: busTopic(topic, backend_id), requestId })
  })
}
