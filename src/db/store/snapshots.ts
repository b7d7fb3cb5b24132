/** Snapshots as rows. What may become of one, and what follows from it, is said in `src/lifecycle/snapshots`. */
import type { DbOrTx, SnapshotInstancesTable, SnapshotsTable, Tx } from '../schema.ts'
import type { Scope } from './scope.ts'

export type SnapshotRow = SnapshotsTable
export type SnapshotInstanceRow = SnapshotInstancesTable

/** Without the tenant's wall: for the services and for rows already checked. */
export async function snapshotById(db: DbOrTx, id: string): Promise<SnapshotRow | undefined> {
  return db.selectFrom('snapshots').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Members of group snapshots are in nobody's scope. */
export async function snapshotInScope(
  db: DbOrTx,
  scope: Scope,
  id: string,
): Promise<SnapshotRow | undefined> {
  let query = db
    .selectFrom('snapshots')
    .selectAll()
    .where('id', '=', id)
    .where('share_group_snapshot_id', 'is', null)
  if (scope.projectId !== null) query = query.where('project_id', '=', scope.projectId)
  return query.executeTakeFirst()
}

export async function snapshotInstanceById(db: DbOrTx, id: string): Promise<SnapshotInstanceRow | undefined> {
  return db.selectFrom('snapshot_instances').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function snapshotInstancesOf(db: DbOrTx, snapshotId: string): Promise<SnapshotInstanceRow[]> {
  return db
    .selectFrom('snapshot_instances')
    .selectAll()
    .where('snapshot_id', '=', snapshotId)
    .orderBy('created_at')
    .execute()
}

/** The newest snapshot of a share that is not going away. */
export async function newestSnapshot(db: DbOrTx, shareId: string): Promise<SnapshotRow | undefined> {
  return db
    .selectFrom('snapshots')
    .selectAll()
    .where('share_id', '=', shareId)
    .where('status', 'not in', ['deferred_deleting', 'error_deferred_deleting', 'deleting'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export type SnapshotInstanceColumns = Partial<Omit<SnapshotInstanceRow, 'id' | 'snapshot_id'>>

/** False when the instance is in none of `from`, or gone; null: whatever it is in. */
export async function writeSnapshotInstance(
  tx: Tx,
  id: string,
  from: readonly string[] | null,
  columns: SnapshotInstanceColumns,
): Promise<boolean> {
  let update = tx.updateTable('snapshot_instances').set(columns).where('id', '=', id)
  if (from !== null) update = update.where('status', 'in', from)
  return (await update.executeTakeFirst()).numUpdatedRows > 0n
}

/** Any columns of a snapshot: what they may be is said in `src/lifecycle/snapshots`. */
export async function writeSnapshot(
  tx: Tx,
  id: string,
  columns: Partial<Omit<SnapshotRow, 'id'>>,
): Promise<void> {
  await tx.updateTable('snapshots').set(columns).where('id', '=', id).execute()
}

/** The instance, and what hangs on it alone. */
export async function deleteSnapshotInstance(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('snapshot_instance_export_locations').where('snapshot_instance_id', '=', id).execute()
  await tx.deleteFrom('usages').where('id', '=', id).execute()
  await tx.deleteFrom('snapshot_instances').where('id', '=', id).execute()
}

/** A snapshot without instances, and what hangs on it alone. */
export async function deleteSnapshot(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('snapshot_metadata').where('snapshot_id', '=', id).execute()
  await tx.deleteFrom('snapshot_access_rules').where('snapshot_id', '=', id).execute()
  await tx.deleteFrom('snapshots').where('id', '=', id).execute()
}
