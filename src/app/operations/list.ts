/** Which work there is behind the requests of a project. */
import type { Ctx } from '../context.ts'
import type { Page } from '../../db/store/keyset.ts'
import { listOperations, type OperationFilters, type OperationRow } from '../../db/store/operations-read.ts'

export interface ListOperations {
  readonly filters: OperationFilters
  /** Honoured where the policy allows it, ignored elsewhere, as on Manila's lists. */
  readonly allTenants: boolean
}

/** Answers what reads any page of the list. */
export function list(
  ctx: Ctx,
  { filters, allTenants }: ListOperations,
): (page: Page) => Promise<OperationRow[]> {
  const all = allTenants && ctx.policy.check('operation:get_all_projects', ctx.identity)
  const scope = { projectId: all ? null : ctx.identity.projectId }
  return (page) => listOperations(ctx.db, scope, filters, page)
}
