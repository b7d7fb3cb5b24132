/** Shares as their views show them: one, a page, and how many there are. */
import { sql, type SelectQueryBuilder } from 'kysely'
import { askedTogether } from '../asked-together.ts'
import { lasting } from '../prepared.ts'
import { ofShape } from '../shapes.ts'
import type { Database, DbOrTx, ShareInstancesTable, SharesTable } from '../schema.ts'
import { countListed } from './count-listed.ts'
import { deferredStates } from './deferred-states.ts'
import { contains, inOrder, marked, paged, type Listed, type Page } from './keyset.ts'
import { hasPairs } from './pairs.ts'
import { ownOrPublic, type Scope } from './scope.ts'

/** What no view shows of a share. */
type Unseen =
  | 'target_size'
  | 'instance_id'
  | 'availability_zone_id'
  | 'mount_point_name'
  | 'qos_type_id'
  | 'updated_at'

/** The other columns: each costs a list as much as a number of its rows. */
const seen = Object.keys({
  id: 1,
  project_id: 1,
  user_id: 1,
  name: 1,
  description: 1,
  size: 1,
  share_proto: 1,
  is_public: 1,
  snapshot_id: 1,
  share_group_id: 1,
  source_share_group_snapshot_member_id: 1,
  source_backup_id: 1,
  task_state: 1,
  replication_type: 1,
  has_replicas: 1,
  snapshot_support: 1,
  create_share_from_snapshot_support: 1,
  revert_to_snapshot_support: 1,
  mount_snapshot_support: 1,
  snapshot_inherit_share_access_support: 1,
  encryption_key_ref: 1,
  is_soft_deleted: 1,
  scheduled_to_be_deleted_at: 1,
  created_at: 1,
  status: 1,
  host: 1,
  share_type_id: 1,
  share_network_id: 1,
  share_server_id: 1,
  access_rules_status: 1,
  progress: 1,
} satisfies Record<Exclude<keyof SharesTable, Unseen>, 1>) as Exclude<keyof SharesTable, Unseen>[]

const unseen = Object.keys({
  target_size: 1,
  instance_id: 1,
  availability_zone_id: 1,
  mount_point_name: 1,
  qos_type_id: 1,
  updated_at: 1,
} satisfies Record<Unseen, 1>) as Unseen[]

/** All of them, for whoever reads them beside those of another table. */
export const shareColumns: readonly (keyof SharesTable)[] = [...seen, ...unseen]

/** A share with what its view needs from other tables. */
export interface ShareListRow extends Omit<SharesTable, Unseen> {
  readonly share_type_name: string | null
  readonly zone_name: string | null
  readonly metadata: Readonly<Record<string, string>>
  /** Filled only on request: clients before 2.9. */
  readonly paths: readonly string[]
}

export type ShareNameRow = Pick<SharesTable, 'id' | 'name'>

export interface ShareFilters {
  /** Also other projects' public shares. */
  readonly includePublic?: boolean
  readonly name?: string
  readonly nameLike?: string
  readonly description?: string
  readonly descriptionLike?: string
  readonly status?: string
  readonly host?: string
  readonly shareTypeId?: string
  readonly snapshotId?: string
  readonly shareNetworkId?: string
  readonly shareServerId?: string
  readonly shareGroupId?: string
  readonly shareGroupSnapshotId?: string
  readonly isPublic?: boolean
  readonly metadata?: Readonly<Record<string, string>>
  readonly extraSpecs?: Readonly<Record<string, string>>
  readonly exportLocationId?: string
  readonly exportLocationPathHash?: string
  /** The two before match also the locations that only administrators are shown. */
  readonly adminLocations: boolean
  readonly isSoftDeleted: boolean
  readonly mountPointName?: string
  readonly availabilityZoneId?: string
  readonly encryptionKeyRef?: string
  /** Narrow further; meaningful when the scope is all projects. */
  readonly projectId?: string
  readonly shareProto?: string
  readonly userId?: string
  readonly size?: number
  /** Shares in a deferred-deletion state are hidden unless asked for. */
  readonly showDeferred: boolean
}

/** One share with its view's columns. */
export async function shareForView(
  db: DbOrTx,
  scope: Scope,
  id: string,
  withPaths: boolean,
): Promise<ShareListRow | undefined> {
  return shownAs[withPaths ? 'withPaths' : 'alone'](db, scope.projectId, id)
}

const showing = (withPaths: boolean) =>
  askedTogether(async (db, wall, ids) => {
    const whose = wall === null ? 'all' : 'own'
    const values = wall === null ? ids : [...ids, wall]
    const { rows } = await ofShape(
      db,
      `show ${ids.length} of ${whose}${withPaths ? ' with paths' : ''}`,
      values,
      (...all) => {
        const [first, ...more] = all.slice(0, ids.length) as string[]
        const view = viewQuery(db, withPaths)
        const found =
          more.length === 0
            ? view.where('shares.id', '=', first ?? '')
            : view.where('shares.id', 'in', [first ?? '', ...more])
        return wall === null ? found : found.where(ownOrPublic(all[ids.length] as string))
      },
    )
    return rows.map(listed)
  })
const shownAs = { alone: showing(false), withPaths: showing(true) }

/** One page in one query, and one more for its marker. */
export async function listShares(
  db: DbOrTx,
  scope: Scope,
  filters: ShareFilters,
  page: Page,
  withPaths: boolean,
): Promise<ShareListRow[]> {
  const { rows } = isPolled(filters, page)
    ? await firstPage(db, scope, filters, page, withPaths)
    : { rows: await (await pageOf(db, sortedView(db, page, withPaths), scope, filters, page)).execute() }
  return rows.map(listed)
}

/** Whoever goes on behind a row needs the value that it was sorted by. */
function sortedView(db: DbOrTx, page: Page, withPaths: boolean) {
  const all = viewQuery(db, withPaths)
  const sortKey = page.sortKey as keyof SharesTable
  return seen.some((column) => column === sortKey) ? all : all.select(`shares.${sortKey}`)
}

/** What most lists are: from its beginning, without a filter. Those with filters would be too many to remember each. */
const isPolled = ({ adminLocations: _, ...filters }: ShareFilters, page: Page): boolean =>
  page.marker === null &&
  page.after === undefined &&
  page.offset === 0 &&
  page.limit !== null &&
  filters.isPublic === undefined &&
  Object.values(filters).every((value) => value === undefined || value === false)

/** Its statement is built once for each order. */
function firstPage(db: DbOrTx, scope: Scope, filters: ShareFilters, page: Page, withPaths: boolean) {
  const { projectId } = scope
  const whose = projectId === null ? 'all' : 'own'
  const order = `${page.sortKey} ${page.descending ? 'down' : 'up'}`
  const shape = `${whose} shares by ${order}${withPaths ? ' with paths' : ''}`
  const values = [page.limit, ...(projectId === null ? [] : [projectId])]
  return ofShape(db, shape, values, (limit, own) => {
    const found = filtered(
      sortedView(db, page, withPaths),
      { projectId: projectId === null ? null : (own as string) },
      filters,
    )
    return inOrder(found, { table: 'shares' }, { ...page, limit: limit as number })
  })
}

/** The same page with what a list of names shows, and the column that it is sorted by. */
export async function listShareNames(
  db: DbOrTx,
  scope: Scope,
  filters: ShareFilters,
  page: Page,
): Promise<ShareNameRow[]> {
  const sortKey = page.sortKey as keyof SharesTable
  const names = db.selectFrom('shares').select(['shares.id', 'shares.name', `shares.${sortKey}`])
  return (await pageOf(db, names, scope, filters, page)).execute()
}

function pageOf<O>(
  db: DbOrTx,
  whole: Query<O>,
  scope: Scope,
  filters: ShareFilters,
  page: Page,
): Promise<Query<O>> {
  const list: SharesListed = {
    table: 'shares',
    resourceType: 'share',
    projectId: scope.projectId,
    whateverState: () => filtered(whole, scope, filters, 'whatever state') as never,
  }
  const { limit } = page
  return scope.projectId !== null && filters.includePublic === true && limit !== null
    ? pageOfBoth(db, whole, { ...scope, projectId: scope.projectId }, filters, list, { ...page, limit })
    : paged(db, filtered(whole, scope, filters), list as never, page)
}

type SharesListed = Listed<Database, 'shares'>

/**
 * Rows of a project, and of others those that are public: asked for in one condition, a database walks through the rows of everybody.
 * So a page's worth of each is found by its own index, and the page is made of these.
 */
async function pageOfBoth<O>(
  db: DbOrTx,
  whole: Query<O>,
  scope: { readonly projectId: string },
  filters: ShareFilters,
  list: SharesListed,
  given: Page & { readonly limit: number },
): Promise<Query<O>> {
  const all = filtered(whole, scope, filters)
  const page = await marked(db, all as never, list, given)
  const first = { ...page, limit: given.limit + given.offset, offset: 0 }
  const keys = db.selectFrom('shares').select('shares.id')
  const mine = { ...filters, includePublic: false }
  const own = await paged(db, filtered(keys, scope, mine), list, first)
  const isOthers = keys.where('shares.project_id', '!=', scope.projectId)
  const everybody = { projectId: null }
  const others = await paged(db, filtered(isOthers, everybody, { ...mine, isPublic: true }), list, first)
  const both = db
    .selectFrom(own.as('own'))
    .select('own.id')
    .unionAll(db.selectFrom(others.as('others')).select('others.id'))
  const found = db.selectFrom(both.as('found')).select('found.id')
  return paged(db, all.where('shares.id', 'in', found), list as never, page)
}

export async function countShares(db: DbOrTx, scope: Scope, filters: ShareFilters): Promise<number> {
  const all = filtered(db.selectFrom('shares'), scope, { ...filters, showDeferred: true })
  return countListed(db, 'shares', all, filters.showDeferred !== true)
}

/** What a list selects depends on nothing: to say it anew for each costs as much as ten of its rows. */
const views = {
  alone: lasting((db) => newViewQuery(db, false)),
  withPaths: lasting((db) => newViewQuery(db, true)),
}
const viewQuery = (db: DbOrTx, withPaths: boolean) => views[withPaths ? 'withPaths' : 'alone'](db)

function newViewQuery(db: DbOrTx, withPaths: boolean) {
  return db
    .selectFrom('shares')
    .leftJoin('share_types', 'share_types.id', 'shares.share_type_id')
    .leftJoin('availability_zones', 'availability_zones.id', 'shares.availability_zone_id')
    .select(seen.map((column) => `shares.${column}` as const))
    .select(['share_types.name as share_type_name', 'availability_zones.name as zone_name'])
    .select((eb) => [
      eb
        .selectFrom('share_metadata as sm')
        .select(({ fn }) =>
          fn<string | null>('json_object_of', ['sm.meta_key', 'sm.meta_value']).as('object'),
        )
        .whereRef('sm.share_id', '=', 'shares.id')
        .as('metadata'),
      withPaths
        ? eb
            .selectFrom('share_instance_export_locations as el')
            .select(({ fn }) => fn<string | null>('json_array_of', ['el.path']).as('array'))
            .whereRef('el.share_instance_id', '=', 'shares.instance_id')
            .where('el.is_admin_only', '=', 0)
            .as('paths')
        : sql<string | null>`null`.as('paths'),
    ])
}

interface Bare extends Omit<SharesTable, Unseen> {
  readonly share_type_name: string | null
  readonly zone_name: string | null
  /** JSON. */
  metadata: string | Record<string, string> | null
  paths: string | string[] | null
}

/**
 * Reads what came as JSON, in its place: an object that gets properties which it did not have is made anew, and that was a tenth of
 * the cost of a list. A database may answer null instead of an aggregate of nothing.
 */
function listed(row: Bare): ShareListRow {
  row.metadata = row.metadata === null ? {} : (JSON.parse(row.metadata as string) as Record<string, string>)
  row.paths = row.paths === null ? [] : (JSON.parse(row.paths as string) as string[])
  return row as ShareListRow
}

type Query<O> = SelectQueryBuilder<Database, 'shares', O>

/** With 'whatever state' what a share's life changes is not asked for: its status, and whether it is in the recycle bin. */
function filtered<O>(
  start: Query<O>,
  scope: Scope,
  given: ShareFilters,
  states?: 'whatever state',
): Query<O> {
  const anyState = states === 'whatever state'
  const f = anyState ? { ...given, status: undefined, showDeferred: true } : given
  let query = start
  if (scope.projectId !== null) {
    const own = scope.projectId
    query =
      f.includePublic === true ? query.where(ownOrPublic(own)) : query.where('shares.project_id', '=', own)
  }
  if (!anyState)
    query = query.where('shares.is_soft_deleted', '=', sql.lit<0 | 1>(f.isSoftDeleted === true ? 1 : 0))
  if (!f.showDeferred) query = query.where('shares.status', 'not in', deferredStates)
  const exact: readonly (readonly [keyof SharesTable & string, string | number | undefined])[] = [
    ['project_id', f.projectId],
    ['user_id', f.userId],
    ['name', f.name],
    ['description', f.description],
    ['size', f.size],
    ['share_proto', f.shareProto],
    ['snapshot_id', f.snapshotId],
    ['share_group_id', f.shareGroupId],
    ['source_share_group_snapshot_member_id', f.shareGroupSnapshotId],
    ['mount_point_name', f.mountPointName],
    ['encryption_key_ref', f.encryptionKeyRef],
  ]
  for (const [column, value] of exact) {
    if (value !== undefined) query = query.where(`shares.${column}` as never, '=', value as never)
  }
  if (f.isPublic !== undefined)
    query = query.where('shares.is_public', '=', sql.lit<0 | 1>(f.isPublic ? 1 : 0))
  if (f.nameLike !== undefined) query = query.where(contains('shares.name', f.nameLike))
  if (f.descriptionLike !== undefined) {
    query = query.where(contains('shares.description', f.descriptionLike))
  }
  query = filteredByInstance(query, f)
  if (f.metadata !== undefined) {
    query = query.where(hasPairs('share_metadata', 'shares.id', f.metadata))
  }
  if (f.extraSpecs !== undefined) {
    query = query.where(hasPairs('share_type_extra_specs', 'shares.share_type_id', f.extraSpecs))
  }
  return query
}

/**
 * What a share shows of its instance, which is indexed. The original looks at every instance of a share, which is the same as long as
 * nothing has replicas: to ask for those, too, in the same condition ("or it has replicas and one of them …") keeps every database from
 * its indexes. What replicas need is a page's worth of their own, as in {@link pageOfBoth}.
 */
function filteredByInstance<O>(start: Query<O>, f: ShareFilters): Query<O> {
  let query = start
  const columns: readonly (readonly [
    keyof ShareInstancesTable & keyof SharesTable & string,
    string | undefined,
  ])[] = [
    ['status', f.status],
    ['host', f.host],
    ['share_type_id', f.shareTypeId],
    ['share_network_id', f.shareNetworkId],
    ['share_server_id', f.shareServerId],
    ['availability_zone_id', f.availabilityZoneId],
  ]
  for (const [column, value] of columns) {
    if (value === undefined) continue
    query = query.where(`shares.${column}` as 'shares.status', '=', value)
  }
  if (f.exportLocationId !== undefined || f.exportLocationPathHash !== undefined) {
    query = query.where((eb) => {
      let found = eb
        .selectFrom('share_instance_export_locations as el')
        .innerJoin('share_instances as eli', 'eli.id', 'el.share_instance_id')
        .select('el.id')
        .whereRef('eli.share_id', '=', 'shares.id')
      if (f.exportLocationId !== undefined) found = found.where('el.id', '=', f.exportLocationId)
      if (f.exportLocationPathHash !== undefined)
        found = found.where('el.path_hash', '=', f.exportLocationPathHash)
      if (!f.adminLocations) found = found.where('el.is_admin_only', '=', 0)
      return eb.exists(found)
    })
  }
  return query
}
