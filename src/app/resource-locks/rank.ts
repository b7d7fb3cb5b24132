/** Who stands above a lock: what a user locked anybody allowed may undo, a service's lock only services and administrators, an administrator's only administrators. */
import { type Ctx, isAdmin } from '../context.ts'
import type { LockRow } from '../../db/store/resource-locks.ts'
import { fault } from '../../model/errors.ts'

export type LockContext = 'user' | 'service' | 'admin'

const rank: Readonly<Record<string, number>> = { user: 0, service: 1, admin: 2 }

const isService = (ctx: Ctx): boolean => ctx.identity.roles.includes('service')

/** What a new lock says about its maker. A service that is an administrator too acts as a service, as in the original. */
export function lockContextOf(ctx: Ctx): LockContext {
  if (isService(ctx)) return 'service'
  return isAdmin(ctx) ? 'admin' : 'user'
}

/** True when the caller may do `rule` to the lock: policy with the lock as its target, and rank. */
export function mayOverrule(ctx: Ctx, lock: LockRow, rule: string): boolean {
  const highest = isAdmin(ctx) ? 'admin' : isService(ctx) ? 'service' : 'user'
  if ((rank[highest] ?? 0) < (rank[lock.lock_context] ?? 0)) return false
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
