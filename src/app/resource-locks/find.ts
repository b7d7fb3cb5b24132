/** Looks locks up for a caller. */
import type { Ctx } from '../context.ts'
import {
  countLocks,
  listLocks,
  lockInScope,
  type LockFilters,
  type LockRow,
} from '../../db/store/resource-locks.ts'
import type { Page } from '../../db/store/keyset.ts'
import type { Scope } from '../../db/store/scope.ts'
import { fault } from '../../model/errors.ts'

/** Administrators and services see the locks of every project. */
export const lockScope = (ctx: Ctx): Scope => ({
  projectId: ctx.policy.check('resource_lock:get_all_projects', ctx.identity) ? null : ctx.identity.projectId,
})

/** The lock, or 404 as if it did not exist. */
export async function findLock(ctx: Ctx, id: string): Promise<LockRow> {
  const lock = await lockInScope(ctx.db, lockScope(ctx), id.slice(0, 64))
  if (lock === undefined) throw fault('ResourceLockNotFound', { id: id.slice(0, 64) })
  return lock
}

export interface ListLocks {
  readonly filters: LockFilters
  readonly allProjects: boolean
  readonly withCount: boolean
}

/** Other projects' locks only with `allProjects` and only for those who may; `count` only when asked for. */
export async function list(
  ctx: Ctx,
  input: ListLocks,
): Promise<{ read: (page: Page) => Promise<LockRow[]>; count: number | null }> {
  const scope = input.allProjects ? lockScope(ctx) : { projectId: ctx.identity.projectId }
  const filters = scope.projectId === null ? input.filters : { ...input.filters, projectId: undefined }
  return {
    read: (page) => listLocks(ctx.db, scope, filters, page),
    count: input.withCount ? await countLocks(ctx.db, scope, filters) : null,
  }
}
