/** Snapshots as tenants see them, and the one place where the state of a snapshot changes. */
import { snapshotCharges } from '../../model/charges.ts'
import { aggregateSnapshotStatus } from '../../model/states.ts'
import type { DbOrTx, SnapshotInstancesTable, SnapshotsTable, Tx } from '../schema.ts'
import type { ConfiguredLimits } from './quota-room.ts'
import { settle } from './quotas.ts'
import { recordEvent, recordTombstone } from './records.ts'
import type { Scope } from './scope.ts'
import { takeShareOfSnapshotInstance } from './share-turns.ts'

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

export interface SnapshotInstanceChange {
  readonly snapshotInstanceId: string
  /** Statuses it may come from; null = any. */
  readonly from: readonly string[] | null
  readonly to: string | null
  readonly instance?: Partial<Omit<SnapshotInstanceRow, 'id' | 'snapshot_id' | 'status'>>
  readonly snapshot?: Partial<Omit<SnapshotRow, 'id' | 'status'>>
  readonly now: number
  readonly requestId?: string | null
  readonly operationId?: string | null
  readonly enforce?: ConfiguredLimits | null
}

/** As `changeInstance` for shares: status, aggregate, quota and event together; false when it was in no `from` status. */
export async function changeSnapshotInstance(tx: Tx, change: SnapshotInstanceChange): Promise<boolean> {
  const share = await takeShareOfSnapshotInstance(tx, change.snapshotInstanceId)
  let update = tx
    .updateTable('snapshot_instances')
    .set({ ...change.instance, ...(change.to === null ? {} : { status: change.to }), updated_at: change.now })
    .where('id', '=', change.snapshotInstanceId)
  if (change.from !== null) update = update.where('status', 'in', change.from)
  const moved = await update.executeTakeFirst()
  if (moved.numUpdatedRows === 0n) return false
  const instance = await snapshotInstanceById(tx, change.snapshotInstanceId)
  const before = instance && (await snapshotById(tx, instance.snapshot_id))
  if (before === undefined) return false
  const statuses = (await snapshotInstancesOf(tx, before.id)).map((row) => row.status)
  const shown = { ...change.snapshot, status: aggregateSnapshotStatus(statuses), updated_at: change.now }
  await tx.updateTable('snapshots').set(shown).where('id', '=', before.id).execute()
  const after: SnapshotRow = { ...before, ...shown }
  await finish(tx, before, after, { ...change, shareTypeId: share?.share_type_id ?? null })
  return true
}

async function finish(
  tx: Tx,
  before: SnapshotRow,
  after: SnapshotRow | null,
  change: Pick<SnapshotInstanceChange, 'now' | 'requestId' | 'operationId' | 'enforce'> & {
    /** Snapshots are counted with their share's type. */
    readonly shareTypeId: string | null
  },
): Promise<void> {
  const share = { share_type_id: change.shareTypeId }
  const lines = (row: SnapshotRow | null) => (row === null ? [] : snapshotCharges(row, share))
  await settle(tx, { before: lines(before), after: lines(after) }, change.enforce ?? null)
  // Of a member only its group snapshot is told.
  if (before.status === after?.status || before.share_group_snapshot_id !== null) return
  await recordEvent(tx, {
    projectId: before.project_id,
    resourceType: 'snapshot',
    resourceId: before.id,
    event: after === null ? 'snapshot.deleted' : 'snapshot.status',
    requestId: change.requestId ?? null,
    operationId: change.operationId ?? null,
    detail: after === null ? {} : { from: before.status, to: after.status },
    now: change.now,
  })
}

/** Removes an instance; with the last one the snapshot goes, its quota is released and a tombstone stays. */
export async function removeSnapshotInstance(
  tx: Tx,
  snapshotInstanceId: string,
  change: Pick<SnapshotInstanceChange, 'now' | 'requestId' | 'operationId'>,
): Promise<boolean> {
  const share = await takeShareOfSnapshotInstance(tx, snapshotInstanceId)
  const instance = await snapshotInstanceById(tx, snapshotInstanceId)
  if (instance === undefined) return false
  await tx
    .deleteFrom('snapshot_instance_export_locations')
    .where('snapshot_instance_id', '=', instance.id)
    .execute()
  await tx.deleteFrom('usages').where('id', '=', instance.id).execute()
  await tx.deleteFrom('snapshot_instances').where('id', '=', instance.id).execute()
  const left = await snapshotInstancesOf(tx, instance.snapshot_id)
  const snapshot = await snapshotById(tx, instance.snapshot_id)
  if (snapshot === undefined) return true
  if (left.length > 0) {
    const status = aggregateSnapshotStatus(left.map((row) => row.status))
    await tx
      .updateTable('snapshots')
      .set({ status, updated_at: change.now })
      .where('id', '=', snapshot.id)
      .execute()
    return true
  }
  await tx.deleteFrom('snapshot_metadata').where('snapshot_id', '=', snapshot.id).execute()
  await tx.deleteFrom('snapshot_access_rules').where('snapshot_id', '=', snapshot.id).execute()
  await tx.deleteFrom('snapshots').where('id', '=', snapshot.id).execute()
  await finish(tx, snapshot, null, { ...change, shareTypeId: share?.share_type_id ?? null })
  await recordTombstone(tx, 'snapshot', snapshot, change.now)
  return true
}
