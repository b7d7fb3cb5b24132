/** Who stands above a lock: what a user locked anybody allowed may undo, a service's lock only services and administrators, an administrator's only administrators. */
import { type Ctx, standsAbove } from '../context.ts'
import type { LockRow } from '../../db/store/resource-locks.ts'
import { fault } from '../../model/errors.ts'
import type { Standing } from '../../model/identity.ts'

/** True when the caller may do `rule` to the lock: policy with the lock as its target, and rank. */
export function mayOverrule(ctx: Ctx, lock: LockRow, rule: string): boolean {
  if (!standsAbove(ctx, lock.lock_context as Standing)) return false
  return ctx.policy.check(rule, ctx.identity, { project_id: lock.project_id, user_id: lock.user_id })
}

/** As {@link mayOverrule}; 403 when not. */
export function refuseUnlessOverruled(ctx: Ctx, lock: LockRow, rule: string): void {
  if (!mayOverrule(ctx, lock, rule)) {
    throw fault('Refused', {
      message: `Resource lock ${lock.id} was made by ${lock.lock_context === 'user' ? 'another user' : `a caller of context ${lock.lock_context}`}: it can't be changed by this one.`,
    })
  }
}
