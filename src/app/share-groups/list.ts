/** Lists of share groups and of group snapshots: who may filter by what. */
import { type Ctx, isAdmin } from '../context.ts'
import type { GroupFilters } from '../../db/store/group-lists.ts'
import type { Page } from '../../db/store/keyset.ts'
import type { Scope } from '../../db/store/scope.ts'
import { listGroups, type ShareGroupListRow } from '../../db/store/share-groups.ts'
import { invalid } from '../../model/errors.ts'

export interface ListGroups {
  readonly query: Readonly<Record<string, string>>
  /** Honoured for administrators, ignored for others, as on Manila's lists. */
  readonly allTenants: boolean
}

/** Filters that both lists have. */
export const commonColumns = ['id', 'name', 'description', 'status', 'project_id', 'user_id'] as const

const columns: readonly string[] = [
  ...commonColumns,
  'host',
  'share_group_type_id',
  'source_share_group_snapshot_id',
  'share_network_id',
  'share_server_id',
  'availability_zone_id',
  'consistent_snapshot_support',
]

/** What clients call them besides: the first is the original's, `openstack` sends the others. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['group_type_id', 'share_group_type_id'],
  ['share_group_type', 'share_group_type_id'],
  ['share_network', 'share_network_id'],
])

/** Answers what reads any page of the list. */
export function list(ctx: Ctx, input: ListGroups): (page: Page) => Promise<ShareGroupListRow[]> {
  const renamed = Object.entries(input.query).flatMap(([name, value]) => {
    const column = aliases.get(name)
    if (column === undefined) return [[name, value]]
    return Object.hasOwn(input.query, column) ? [] : [[column, value]]
  })
  const filters = filtersOf(ctx, Object.fromEntries(renamed), columns)
  const scope = listScope(ctx, input.allTenants)
  return (page) => listGroups(ctx.db, scope, filters, page)
}

export const listScope = (ctx: Ctx, allTenants: boolean): Scope => ({
  projectId: allTenants && isAdmin(ctx) ? null : ctx.identity.projectId,
})

/** What pages of any list are asked with. */
const ofPages: readonly string[] = [
  'limit',
  'offset',
  'marker',
  'sort_key',
  'sort_dir',
  'all_tenants',
  'all_projects',
]

/** Throws 400 for a filter that is none: an answer that leaves it out would be taken for the filtered one. */
export function filtersOf(
  ctx: Ctx,
  query: Readonly<Record<string, string>>,
  known: readonly string[],
): GroupFilters {
  const exact: Record<string, string> = {}
  const likes: Record<string, string> = {}
  for (const [name, value] of Object.entries(query)) {
    if (ofPages.includes(name)) continue
    if (known.includes(name)) {
      if (value !== '') exact[name] = value
    } else if ((name === 'name~' || name === 'description~') && ctx.flags.has('inexactFilters')) {
      if (value !== '') likes[name] = value
    } else {
      throw invalid(`${name.slice(0, 64)} is no filter of this list; there are ${known.join(', ')}`)
    }
  }
  return { exact, nameLike: likes['name~'], descriptionLike: likes['description~'] }
}
