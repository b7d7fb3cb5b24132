/** Asks that an operation be undone at its next step. */
import { requestCancel } from '../../db/store/operation-cancel.ts'
import { operationById } from '../../db/store/operations-read.ts'
import { busTopic, nudge } from '../../engine/queue.ts'
import { fault } from '../../model/errors.ts'
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
  const maker = operation.begun_as ?? 'user'
  if (!standsAbove(ctx, maker)) {
    const who = maker === 'admin' ? 'an administrator' : 'a service'
    throw fault('Refused', {
      message: `Operation ${operation.id} was begun by ${who}: it can't be cancelled by this caller.`,
    })
  }
  if (operation.kind.startsWith('delete-'))
    throw fault('Conflict', { message: 'A deletion cannot be cancelled.' })
  if (!(await requestCancel(ctx.tx, operation.id, ctx.clock.now()))) {
    const why = operation.state === 'undoing' ? 'is being undone already' : `is over: ${operation.state}`
    throw fault('Conflict', { message: `Operation ${operation.id} ${why}.` })
  }
  const { topic, backend_id, request_id } = operation
  ctx.afterCommit(() =>
    nudge(ctx.bus, { id: operation.id, topic: busTopic(topic, backend_id), requestId: request_id }),
  )
}
