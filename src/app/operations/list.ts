/** Which work there is behind the requests of a project. */
import type { Ctx } from '../context.ts'
import type { Page } from '../../db/store/keyset.ts'
import { listOperations, type OperationFilters, type OperationRow } from '../../db/store/operations-read.ts'

export interface ListOperations {
  readonly filters: OperationFilters
  readonly page: Page
  /** Honoured where the policy allows it, ignored elsewhere, as on Manila's lists. */
  readonly allTenants: boolean
}

export function list(ctx: Ctx, { filters, page, allTenants }: ListOperations): Promise<OperationRow[]> {
  const all = allTenants && ctx.policy.check('operation:get_all_projects', ctx.identity)
  return listOperations(ctx.db, { projectId: all ? null : ctx.identity.projectId }, filters, page)
}
