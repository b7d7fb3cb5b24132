/** Snapshots for views: pages, counts and single ones with what hangs on them. */
import { sql, type SelectQueryBuilder } from 'kysely'
import type { Database, DbOrTx, SnapshotInstancesTable, SnapshotsTable, Tx } from '../schema.ts'
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

/** One page in two queries: the rows, then what hangs on them. */
export async function listSnapshots(
  db: DbOrTx,
  scope: Scope,
  filters: SnapshotFilters,
  page: Page,
): Promise<SnapshotListRow[]> {
  const all = db.selectFrom('snapshots').selectAll('snapshots')
  const from = {
    table: 'snapshots',
    resourceType: 'snapshot',
    projectId: scope.projectId,
    whateverState: () => filtered(all, scope, { ...filters, status: undefined, showDeferred: true }),
  } as const
  const query = filtered(all, scope, filters)
  return complete(db, await (await paged(db, query, from, page)).execute())
}

export async function countSnapshots(db: DbOrTx, scope: Scope, filters: SnapshotFilters): Promise<number> {
  const all = db.selectFrom('snapshots').select((eb) => eb.fn.countAll<number>().as('count'))
  const row = await filtered(all, scope, filters).executeTakeFirst()
  return Number(row?.count ?? 0)
}

export async function snapshotForView(
  db: DbOrTx,
  scope: Scope,
  id: string,
): Promise<SnapshotListRow | undefined> {
  let query = db
    .selectFrom('snapshots')
    .selectAll()
    .where('id', '=', id)
    .where('share_group_snapshot_id', 'is', null)
  if (scope.projectId !== null) query = query.where('project_id', '=', scope.projectId)
  return (await complete(db, await query.execute()))[0]
}

/** Metadata and provider locations of a whole page in one query; the latter come under the key ''. */
async function complete(db: DbOrTx, rows: readonly SnapshotsTable[]): Promise<SnapshotListRow[]> {
  const full = rows.map((row): SnapshotListRow => ({ ...row, metadata: {}, provider_location: null }))
  if (full.length === 0) return full
  const byId = new Map(full.map((row) => [row.id, row]))
  const ids = [...byId.keys()]
  const extras = await db
    .selectFrom('snapshot_metadata')
    .select(['snapshot_id', 'meta_key', 'meta_value'])
    .where('snapshot_id', 'in', ids)
    .unionAll(
      db
        .selectFrom('snapshot_instances')
        .select([
          'snapshot_id',
          sql<string>`''`.as('meta_key'),
          sql<string>`provider_location`.as('meta_value'),
        ])
        .where('snapshot_id', 'in', ids)
        .where('provider_location', 'is not', null),
    )
    .execute()
  for (const { snapshot_id, meta_key, meta_value } of extras) {
    const row = byId.get(snapshot_id)
    if (row === undefined) continue
    if (meta_key === '') row.provider_location = meta_value
    else row.metadata[meta_key] = meta_value
  }
  return full
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
