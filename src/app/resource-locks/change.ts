/** What becomes of a lock: another action or reason, or its end. */
import type { Ctx } from '../context.ts'
import { removeLock, updateLock, type LockRow } from '../../db/store/resource-locks.ts'
import { recordTombstone } from '../../db/store/records.ts'
import {
  lockable,
  refuseAction,
  refuseSecondShowLock,
  refuseTooLate,
  type ResourceAction,
  type ResourceType,
} from './create.ts'
import { findLock } from './find.ts'
import { refuseUnlessOverruled } from './rank.ts'

export interface UpdateLockInput {
  readonly resourceAction?: ResourceAction
  readonly reason?: string | null
}

/** Answers the lock as it is now. */
export async function updateLockOf(ctx: Ctx, id: string, input: UpdateLockInput): Promise<LockRow> {
  const lock = await findLock(ctx, id)
  refuseUnlessOverruled(ctx, lock, 'resource_lock:update')
  const action = input.resourceAction
  if (action !== undefined && action !== lock.resource_action) {
    refuseAction(lock.resource_type, action)
    await refuseSecondShowLock(ctx, lock.resource_id, action)
    const resource = await lockable(ctx, lock.resource_type, lock.resource_id)
    const resourceType = lock.resource_type as ResourceType
    if (resource !== null) refuseTooLate({ resourceType, resourceAction: action }, resource)
  }
  const columns = {
    ...(action === undefined ? {} : { resource_action: action }),
    ...(input.reason === undefined ? {} : { lock_reason: input.reason }),
    updated_at: ctx.clock.now(),
  }
  await updateLock(ctx.tx, lock.id, columns)
  return { ...lock, ...columns }
}

export async function deleteLock(ctx: Ctx, id: string): Promise<void> {
  const lock = await findLock(ctx, id)
  refuseUnlessOverruled(ctx, lock, 'resource_lock:delete')
  await removeLock(ctx.tx, lock.id)
  await recordTombstone(ctx.tx, 'resource_lock', lock, ctx.clock.now())
}
