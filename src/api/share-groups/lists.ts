/** What the lists of share groups and of group snapshots ask in common. */
import type { Ctx } from '../../app/context.ts'
import type { ListGroups } from '../../app/share-groups/list.ts'
import { booleanQuery, pageRequest, type PageRequest } from '../lists.ts'

/** Wire name → column, of what both have. */
export const commonSortKeys: Readonly<Record<string, string>> = {
  id: 'id',
  created_at: 'created_at',
  updated_at: 'updated_at',
  name: 'name',
  description: 'description',
  status: 'status',
  project_id: 'project_id',
  user_id: 'user_id',
}

export const groupListInput = (
  ctx: Ctx,
  query: Readonly<Record<string, string>>,
  sortKeys: Readonly<Record<string, string>>,
): ListGroups & { readonly page: PageRequest } => ({
  query,
  allTenants: booleanQuery(query, 'all_tenants', 'all_projects') === true,
  page: pageRequest(query, { maxLimit: ctx.settings.api.max_limit, sortKeys, zeroIsMax: true }),
})
