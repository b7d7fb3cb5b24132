/** Who stands above a lock: what a user locked anybody allowed may undo, a service's lock only services and administrators, an administrator's only administrators. */
import { type Ctx, standsAbove } from '../context.ts'
import type { LockRow } from '../../db/store/resource-locks.ts'
import { lockOfOther } from '../../model/gates/others.ts'
import type { Standing } from '../../model/identity.ts'
import { refuseAtOnce } from '../barriers.ts'

/** True when the caller may do `rule` to the lock: policy with the lock as its target, and rank. */
export function mayOverrule(ctx: Ctx, lock: LockRow, rule: string): boolean {
  if (!standsAbove(ctx, lock.lock_context as Standing)) return false
  return ctx.policy.check(rule, ctx.identity, { project_id: lock.project_id, user_id: lock.user_id })
}

/** As {@link mayOverrule}; 403 when not. */
export function refuseUnlessOverruled(ctx: Ctx, lock: LockRow, rule: string): void {
  refuseAtOnce(lockOfOther(lock, mayOverrule(ctx, lock, rule)))
}
