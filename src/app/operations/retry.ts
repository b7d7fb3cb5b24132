/** Asks once more for what an operation could not do. */
import { lastOperationOf, operationById, type OperationRow } from '../../db/store/operations-read.ts'
import { overtakenOperations } from '../../db/store/permission-facts.ts'
import { shareOfSnapshot, takeShares } from '../../db/store/share-turns.ts'
import { shareById, visibleShare } from '../../db/store/shares.ts'
import { snapshotInScope } from '../../db/store/snapshots.ts'
import { everything } from '../../db/store/scope.ts'
import { Fault, fault } from '../../model/errors.ts'
import { cannotRetry } from '../../model/gates/retry.ts'
import type { OperationKind, OperationPayloads } from '../../model/operations.ts'
import { shareAllowsAgain } from '../../model/states.ts'
import { refuseAtOnce } from '../barriers.ts'
import { type Ctx, scopeOf, standsAbove } from '../context.ts'
import { createAgain } from '../shares/create.ts'
import { forceDelete, removeAgain, unmanage } from '../shares/delete.ts'
import { extend, shrink } from '../shares/resize.ts'
import { revert } from '../shares/revert.ts'
import { createAgain as createSnapshotAgain } from '../snapshots/create.ts'
import {
  forceDelete as forceDeleteSnapshot,
  removeAgain as removeSnapshotAgain,
  unmanage as unmanageSnapshot,
} from '../snapshots/delete.ts'

type Verbs = {
  readonly [Kind in OperationKind]?: (ctx: Ctx, payload: OperationPayloads[Kind]) => Promise<void>
}

/** The verb of the first request, from the states that a failure leaves. */
const verbs: Verbs = {
  'create-share': (ctx, payload) => createAgain(ctx, payload.shareId, payload),
  'delete-share': (ctx, { shareId, force }) => (force ? forceDelete : removeAgain)(ctx, shareId),
  'extend-share': (ctx, { shareId, toGib, force }) =>
    extend(ctx, shareId, toGib, force, shareAllowsAgain.extend),
  'shrink-share': (ctx, { shareId, toGib }) => shrink(ctx, shareId, toGib, shareAllowsAgain.shrink),
  'revert-share': (ctx, payload) => revertAgain(ctx, payload),
  'revert-and-extend-share': (ctx, payload) => revertAgain(ctx, payload),
  'unmanage-share': (ctx, { shareId }) => unmanage(ctx, shareId),
  'create-snapshot': (ctx, { snapshotId }) => createSnapshotAgain(ctx, snapshotId),
  'delete-snapshot': (ctx, { snapshotId, force }) =>
    (force ? forceDeleteSnapshot : removeSnapshotAgain)(ctx, snapshotId),
  'unmanage-snapshot': (ctx, { snapshotId }) => unmanageSnapshot(ctx, snapshotId),
}

const revertAgain = (ctx: Ctx, { shareId, snapshotId }: OperationPayloads['revert-share']): Promise<void> =>
  revert(ctx, shareId, snapshotId, shareAllowsAgain.revert)

/**
 * Answers the new operation. It is asked as the first one was, by the caller: policy, states, locks and quota are what they are now. Any member
 * of the project may. Throws 404 for another project's, 403 for what the policy refuses or somebody above began, 413 for quota, and 409 with
 * what to do instead for all else.
 */
export async function retryOperation(ctx: Ctx, id: string): Promise<OperationRow> {
  const operation = await operationById(ctx.tx, scopeOf(ctx), id)
  if (operation === undefined) throw fault('OperationNotFound', { id: id.slice(0, 64) })
  // Before anything is looked at: of two at once the second finds what the first has begun.
  await takeTurns(ctx, operation)
  const status = await statusOf(ctx, operation)
  const overtaken = (await overtakenOperations(ctx.tx, [operation.id])).has(operation.id)
  const outranked = !standsAbove(ctx, operation.begun_as ?? 'user')
  refuseAtOnce(cannotRetry({ operation, outranked, overtaken, status }))
  const verb = verbs[operation.kind as OperationKind] as
    | ((ctx: Ctx, payload: unknown) => Promise<void>)
    | undefined
  if (verb === undefined) throw new Error(`the gate let a retry of ${operation.kind} through`)
  await verb(ctx, JSON.parse(operation.payload) as unknown).catch((error: unknown) => {
    throw asConflict(error)
  })
  const begun = await lastOperationOf(ctx.tx, operation.resource_id, ctx.requestId)
  if (begun === undefined) {
    const message =
      'There is nothing on any backend that it could be done to: reset the status, or delete it by force.'
    throw fault('Conflict', { message })
  }
  return begun
}

/** Of shares in the order of all; a share that is made from a snapshot waits for the snapshot's, too. */
async function takeTurns(ctx: Ctx, { resource_type: type, resource_id: id }: OperationRow): Promise<void> {
  const snapshotId = type === 'snapshot' ? id : (await shareById(ctx.tx, id))?.snapshot_id
  const parent =
    typeof snapshotId === 'string' ? await shareOfSnapshot(ctx.tx, everything, snapshotId) : undefined
  await takeShares(ctx.tx, [...(type === 'share' ? [id] : []), ...(parent === undefined ? [] : [parent.id])])
}

async function statusOf(
  ctx: Ctx,
  { resource_type: type, resource_id: id }: OperationRow,
): Promise<string | null> {
  if (type === 'share') return (await visibleShare(ctx.tx, scopeOf(ctx), id))?.status ?? null
  if (type === 'snapshot') return (await snapshotInScope(ctx.tx, scopeOf(ctx), id))?.status ?? null
  return null
}

/** States, locks and arguments that were right once: what is in the way now is a conflict, whatever the verb calls it. */
function asConflict(error: unknown): unknown {
  if (!(error instanceof Fault)) return error
  if (error.cause instanceof Fault && error.cause.code === 'OverQuota') return error.cause
  const own = ['Forbidden', 'OverQuota', 'TooManyRequests', 'Unavailable']
  if (error.status === 409 || own.includes(error.code)) return error
  return fault('Conflict', { message: `It can't be retried: ${error.message}` }, { cause: error })
}
