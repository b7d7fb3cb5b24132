/** Export locations of snapshots, and snapshot instances for administrators' lists. */
import type { DbOrTx, SnapshotInstanceExportLocationsTable, SnapshotInstancesTable } from '../schema.ts'
import { paged, type Page } from './keyset.ts'

export interface SnapshotLocationRow extends SnapshotInstanceExportLocationsTable {
  readonly snapshot_id: string
}

/** Of one instance, or of all instances of a snapshot. */
export async function snapshotLocations(
  db: DbOrTx,
  of: { readonly snapshotId: string } | { readonly instanceId: string },
): Promise<SnapshotLocationRow[]> {
  let query = db
    .selectFrom('snapshot_instance_export_locations as el')
    .innerJoin('snapshot_instances as si', 'si.id', 'el.snapshot_instance_id')
    .selectAll('el')
    .select('si.snapshot_id')
  query =
    'snapshotId' in of
      ? query.where('si.snapshot_id', '=', of.snapshotId)
      : query.where('si.id', '=', of.instanceId)
  return query.orderBy('el.created_at').orderBy('el.id').execute()
}

export interface SnapshotInstanceListRow extends SnapshotInstancesTable {
  readonly share_id: string
}

/** Snapshot instances with their share, of one snapshot or of all. */
export async function listSnapshotInstances(
  db: DbOrTx,
  filters: { readonly snapshotId?: string },
  page: Page,
): Promise<SnapshotInstanceListRow[]> {
  let query = instances(db)
  if (filters.snapshotId !== undefined) {
    query = query.where('snapshot_instances.snapshot_id', '=', filters.snapshotId)
  }
  const from = { table: 'snapshot_instances', resourceType: 'snapshot_instance', projectId: null } as const
  return (await paged(db, query, from, page)).execute()
}

export async function snapshotInstanceForView(
  db: DbOrTx,
  id: string,
): Promise<SnapshotInstanceListRow | undefined> {
  return instances(db).where('snapshot_instances.id', '=', id).executeTakeFirst()
}

function instances(db: DbOrTx) {
  return db
    .selectFrom('snapshot_instances')
    .innerJoin('snapshots', 'snapshots.id', 'snapshot_instances.snapshot_id')
    .selectAll('snapshot_instances')
    .select('snapshots.share_id')
}
