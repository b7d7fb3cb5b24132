/** Snapshots for views: pages, counts and single ones with what hangs on them. */
import type { SelectQueryBuilder } from 'kysely'
import { lasting } from '../prepared.ts'
import type { Database, DbOrTx, SnapshotInstancesTable, SnapshotsTable, Tx } from '../schema.ts'
import { countListed } from './count-listed.ts'
import { deferredStates } from './deferred-states.ts'
import { contains, paged, type Page } from './keyset.ts'
import { writePairs } from './metadata.ts'
import { hasPairs } from './pairs.ts'
import type { Scope } from './scope.ts'

export interface SnapshotListRow extends SnapshotsTable {
  metadata: Record<string, string>
  provider_location: string | null
}

export interface SnapshotFilters {
  readonly name?: string
  readonly nameLike?: string
  readonly description?: string
  readonly descriptionLike?: string
  readonly status?: string
  readonly shareId?: string
  readonly size?: number
  readonly metadata?: Readonly<Record<string, string>>
  /** Whether some share was made from it. */
  readonly used?: boolean
  /** Narrow further; meaningful when the scope is all projects. */
  readonly projectId?: string
  readonly userId?: string
  /** Snapshots in a deferred-deletion state are hidden unless asked for. */
  readonly showDeferred: boolean
}

/** One page in one query, and one more for its marker. */
export async function listSnapshots(
  db: DbOrTx,
  scope: Scope,
  filters: SnapshotFilters,
  page: Page,
): Promise<SnapshotListRow[]> {
  const all = viewQuery(db)
  const from = {
    table: 'snapshots',
    resourceType: 'snapshot',
    projectId: scope.projectId,
    whateverState: () => filtered(all, scope, { ...filters, status: undefined, showDeferred: true }),
  } as const
  const query = filtered(all, scope, filters)
  return (await (await paged(db, query, from, page)).execute()).map(listed)
}

export async function countSnapshots(db: DbOrTx, scope: Scope, filters: SnapshotFilters): Promise<number> {
  const all = filtered(db.selectFrom('snapshots'), scope, { ...filters, showDeferred: true })
  return countListed(db, 'snapshots', all, !filters.showDeferred)
}

export async function snapshotForView(
  db: DbOrTx,
  scope: Scope,
  id: string,
): Promise<SnapshotListRow | undefined> {
  let query = viewQuery(db)
    .where('snapshots.id', '=', id)
    .where('snapshots.share_group_snapshot_id', 'is', null)
  if (scope.projectId !== null) query = query.where('snapshots.project_id', '=', scope.projectId)
  const row = await query.executeTakeFirst()
  return row === undefined ? undefined : listed(row)
}

const viewQuery = lasting((db) =>
  db
    .selectFrom('snapshots')
    .selectAll('snapshots')
    .select((eb) => [
      eb
        .selectFrom('snapshot_metadata as sm')
        .select(({ fn }) =>
          fn<string | null>('json_object_of', ['sm.meta_key', 'sm.meta_value']).as('object'),
        )
        .whereRef('sm.snapshot_id', '=', 'snapshots.id')
        .as('metadata'),
      eb
        .selectFrom('snapshot_instances as si')
        .select('si.provider_location')
        .whereRef('si.snapshot_id', '=', 'snapshots.id')
        .where('si.provider_location', 'is not', null)
        .limit(1)
        .as('provider_location'),
    ]),
)

type Bare = Omit<SnapshotListRow, 'metadata'> & { metadata: string | Record<string, string> | null }

/** In its place, as in `shares.ts`. */
function listed(row: Bare): SnapshotListRow {
  row.metadata = JSON.parse((row.metadata as string | null) ?? '{}') as Record<string, string>
  return row as SnapshotListRow
}

type Query<O> = SelectQueryBuilder<Database, 'snapshots', O>

function filtered<O>(start: Query<O>, scope: Scope, f: SnapshotFilters): Query<O> {
  // Members of group snapshots are listed with those.
  let query = start.where('snapshots.share_group_snapshot_id', 'is', null)
  if (scope.projectId !== null) query = query.where('snapshots.project_id', '=', scope.projectId)
  if (!f.showDeferred) query = query.where('snapshots.status', 'not in', deferredStates)
  const exact: readonly (readonly [keyof SnapshotsTable & string, string | number | undefined])[] = [
    ['project_id', f.projectId],
    ['user_id', f.userId],
    ['name', f.name],
    ['description', f.description],
    ['status', f.status],
    ['share_id', f.shareId],
    ['size', f.size],
  ]
  for (const [column, value] of exact) {
    if (value !== undefined)
      query = query.where(`snapshots.${column}` as 'snapshots.id', '=', value as string)
  }
  if (f.nameLike !== undefined) {
    query = query.where(contains('snapshots.name', f.nameLike))
  }
  if (f.descriptionLike !== undefined) {
    query = query.where(contains('snapshots.description', f.descriptionLike))
  }
  if (f.used !== undefined) {
    const wanted = f.used
    query = query.where((eb) => {
      const shares = eb
        .selectFrom('shares')
        .select('shares.id')
        .whereRef('shares.snapshot_id', '=', 'snapshots.id')
      return wanted ? eb.exists(shares) : eb.not(eb.exists(shares))
    })
  }
  if (f.metadata !== undefined) {
    query = query.where(hasPairs('snapshot_metadata', 'snapshots.id', f.metadata))
  }
  return query
}

/** Writes a new snapshot with its instance and metadata; the caller charges quota and enqueues the work. */
export async function insertSnapshot(
  tx: Tx,
  snapshot: SnapshotsTable,
  instance: SnapshotInstancesTable,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await tx.insertInto('snapshots').values(snapshot).execute()
  await tx.insertInto('snapshot_instances').values(instance).execute()
  await writePairs(tx, 'snapshot_metadata', snapshot.id, metadata)
}

/** Columns that are only about the snapshot. */
export async function updateSnapshotColumns(
  tx: Tx,
  id: string,
  columns: Partial<Pick<SnapshotsTable, 'name' | 'description' | 'updated_at'>>,
): Promise<void> {
  await tx.updateTable('snapshots').set(columns).where('id', '=', id).execute()
}

/** True when a snapshot of this share is known to the backend under this location. */
export async function providerLocationInUse(db: DbOrTx, shareId: string, location: string): Promise<boolean> {
  const row = await db
    .selectFrom('snapshot_instances')
    .innerJoin('snapshots', 'snapshots.id', 'snapshot_instances.snapshot_id')
    .select('snapshot_instances.id')
    .where('snapshots.share_id', '=', shareId)
    .where('snapshot_instances.provider_location', '=', location)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
