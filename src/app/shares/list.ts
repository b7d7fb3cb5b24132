/** Lists of shares: who may filter by what. */
import { pathHash } from '../../db/store/export-locations.ts'
import { type Ctx, isAdmin } from '../context.ts'
import {
  countShares,
  listShareNames,
  listShares,
  type ShareFilters,
  type ShareListRow,
  type ShareNameRow,
} from '../../db/store/share-list.ts'
import type { Page } from '../../db/store/keyset.ts'
import type { Scope } from '../../db/store/scope.ts'
import { zoneByNameOrId } from '../../db/store/zones.ts'
import { invalid } from '../../model/errors.ts'
import { wholeNumberOf } from '../../model/numbers.ts'

export interface ListShares {
  readonly query: Readonly<Record<string, string>>
  readonly withCount: boolean
  readonly allTenants: boolean
  /** Parsed by the edge. */
  readonly metadata: Readonly<Record<string, string>> | null
  readonly extraSpecs: Readonly<Record<string, string>> | null
  readonly isPublic: boolean | null
  readonly isSoftDeleted: boolean | null
}

export interface Listed<Row> {
  /** Answers any page of the list; who may see what was settled before. */
  readonly read: (page: Page) => Promise<Row[]>
  /** Null when it was not asked for. */
  readonly count: number | null
}

export const list = (ctx: Ctx, input: ListShares): Promise<Listed<ShareListRow>> =>
  listed(ctx, input, (...page) => listShares(ctx.db, ...page, ctx.minor < 9))

export const listNames = (ctx: Ctx, input: ListShares): Promise<Listed<ShareNameRow>> =>
  listed(ctx, input, (...page) => listShareNames(ctx.db, ...page))

async function listed<Row>(
  ctx: Ctx,
  input: ListShares,
  read: (scope: Scope, filters: ShareFilters, page: Page) => Promise<Row[]>,
): Promise<Listed<Row>> {
  const filters = await filtersOf(ctx, input)
  if (filters === null) return { read: () => Promise.resolve([]), count: input.withCount ? 0 : null }
  const all = input.allTenants && ctx.policy.check('share:list_all_projects', ctx.identity)
  const scope = { projectId: all ? null : ctx.identity.projectId }
  return {
    read: (page) => read(scope, filters, page),
    count: input.withCount ? await countShares(ctx.db, scope, filters) : null,
  }
}

/** Null when nothing can match. */
async function filtersOf(ctx: Ctx, input: ListShares): Promise<ShareFilters | null> {
  const { query } = input
  const admin = isAdmin(ctx)
  const given = (name: string): string | undefined => (query[name] === '' ? undefined : query[name])
  const from = (flag: string, name: string): string | undefined =>
    ctx.flags.has(flag) ? given(name) : undefined
  if (query.host !== undefined) ctx.policy.authorize('share:list_by_host', ctx.identity)
  if (query.share_server_id !== undefined) ctx.policy.authorize('share:list_by_share_server_id', ctx.identity)
  if (input.extraSpecs !== null) ctx.policy.authorize('share_types_extra_spec:index', ctx.identity)
  const deferred = query.status?.includes('deferred') === true
  if (deferred) ctx.policy.authorize('share:list_shares_in_deferred_deletion_states', ctx.identity)
  const zone = from('filterByZone', 'availability_zone')
  const zoneRow = zone === undefined ? undefined : await zoneByNameOrId(ctx.db, zone)
  if (zone !== undefined && zoneRow === undefined) return null
  const path = from('filterByExportLocation', 'export_location_path')
  return {
    includePublic: input.isPublic === true,
    name: given('name') ?? given('display_name'),
    nameLike: from('inexactFilters', 'name~') ?? from('inexactFilters', 'display_name~'),
    description: from('inexactFilters', 'description') ?? from('inexactFilters', 'display_description'),
    descriptionLike: from('inexactFilters', 'description~') ?? from('inexactFilters', 'display_description~'),
    status: given('status'),
    host: given('host'),
    shareTypeId: given('share_type_id'),
    snapshotId: given('snapshot_id'),
    shareNetworkId: given('share_network_id'),
    shareServerId: given('share_server_id'),
    shareGroupId: given('share_group_id'),
    shareGroupSnapshotId: given('share_group_snapshot_id'),
    isPublic: admin && input.isPublic === false ? false : undefined,
    metadata: input.metadata ?? undefined,
    extraSpecs: input.extraSpecs ?? undefined,
    exportLocationId: from('filterByExportLocation', 'export_location_id'),
    exportLocationPathHash: path === undefined ? undefined : pathHash(path),
    adminLocations: admin,
    isSoftDeleted: ctx.flags.has('recycleBin') && input.isSoftDeleted === true,
    mountPointName: given('mount_point_name'),
    availabilityZoneId: zoneRow?.id,
    encryptionKeyRef: admin ? from('filterByEncryptionKey', 'encryption_key_ref') : undefined,
    projectId: given('project_id'),
    shareProto: admin ? given('share_proto')?.toUpperCase() : undefined,
    userId: admin ? given('user_id') : undefined,
    size: admin ? wholeSize(given('size')) : undefined,
    showDeferred: deferred,
  }
}

function wholeSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const size = wholeNumberOf(text)
  if (size === null) throw invalid('size must be a whole number of GiB')
  return size
}
