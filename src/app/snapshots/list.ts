/** Lists of snapshots: who may filter by what. */
import { type Ctx, isAdmin } from '../context.ts'
import type { Page } from '../../db/store/keyset.ts'
import {
  countSnapshots,
  listSnapshots,
  type SnapshotFilters,
  type SnapshotListRow,
} from '../../db/store/snapshot-list.ts'
import { invalid } from '../../model/errors.ts'
import { wholeNumberOf } from '../../model/numbers.ts'

export interface ListSnapshots {
  readonly query: Readonly<Record<string, string>>
  readonly withCount: boolean
  readonly allTenants: boolean
  /** Parsed by the edge. */
  readonly metadata: Readonly<Record<string, string>> | null
}

/** `read` answers any page of the list; who may see what was settled before. */
export async function list(
  ctx: Ctx,
  input: ListSnapshots,
): Promise<{ read: (page: Page) => Promise<SnapshotListRow[]>; count: number | null }> {
  const filters = filtersOf(ctx, input)
  const all = input.allTenants && ctx.policy.check('share_snapshot:list_all_projects', ctx.identity)
  const scope = { projectId: all ? null : ctx.identity.projectId }
  return {
    read: (page) => listSnapshots(ctx.db, scope, filters, page),
    count: input.withCount ? await countSnapshots(ctx.db, scope, filters) : null,
  }
}

function filtersOf(ctx: Ctx, { query, metadata }: ListSnapshots): SnapshotFilters {
  const admin = isAdmin(ctx)
  const since = (flag: string, name: string): string | undefined =>
    ctx.flags.has(flag) ? query[name] : undefined
  const deferred = query.status?.includes('deferred') === true
  if (deferred) {
    ctx.policy.authorize('share_snapshot:list_snapshots_in_deferred_deletion_states', ctx.identity)
  }
  return {
    name: query.name ?? query.display_name,
    nameLike: since('inexactFilters', 'name~') ?? since('inexactFilters', 'display_name~'),
    description: since('inexactFilters', 'description') ?? since('inexactFilters', 'display_description'),
    descriptionLike:
      since('inexactFilters', 'description~') ?? since('inexactFilters', 'display_description~'),
    status: query.status,
    shareId: query.share_id,
    size: wholeSize(query.size),
    metadata: ctx.flags.has('snapshotMetadata') ? (metadata ?? undefined) : undefined,
    used: admin ? usedIn(query.usage) : undefined,
    projectId: query.project_id,
    userId: admin ? query.user_id : undefined,
    showDeferred: deferred,
  }
}

function usedIn(text: string | undefined): boolean | undefined {
  if (text === undefined || text === 'any') return undefined
  if (text === 'used') return true
  if (text === 'unused') return false
  throw invalid('usage must be any, used or unused')
}

function wholeSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const size = wholeNumberOf(text)
  if (size === null) throw invalid('size must be a whole number of GiB')
  return size
}
