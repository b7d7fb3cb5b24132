/**
 * The one place where the state of a snapshot changes: its instance, what the snapshot shows of its instances, its quota and its
 * event together, while the row of its share is held.
 */
import type { Tx } from '../../db/schema.ts'
import type { ConfiguredLimits } from '../../db/store/quota-room.ts'
import { settle } from '../quotas.ts'
import { recordEvent, recordTombstone } from '../../db/store/records.ts'
import { takeShareOfSnapshotInstance } from '../../db/store/share-turns.ts'
import {
  deleteSnapshot,
  deleteSnapshotInstance,
  snapshotById,
  snapshotInstanceById,
  snapshotInstancesOf,
  writeSnapshot,
  writeSnapshotInstance,
  type SnapshotInstanceRow,
  type SnapshotRow,
} from '../../db/store/snapshots.ts'
import { snapshotCharges } from '../../model/charges.ts'
import { aggregateSnapshotStatus } from '../../model/states.ts'

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
  const columns = {
    ...change.instance,
    ...(change.to === null ? {} : { status: change.to }),
    updated_at: change.now,
  }
  if (!(await writeSnapshotInstance(tx, change.snapshotInstanceId, change.from, columns))) return false
  const instance = await snapshotInstanceById(tx, change.snapshotInstanceId)
  const before = instance && (await snapshotById(tx, instance.snapshot_id))
  if (before === undefined) return false
  const statuses = (await snapshotInstancesOf(tx, before.id)).map((row) => row.status)
  const written = { ...change.snapshot, status: aggregateSnapshotStatus(statuses), updated_at: change.now }
  await writeSnapshot(tx, before.id, written)
  const after: SnapshotRow = { ...before, ...written }
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
  await deleteSnapshotInstance(tx, instance.id)
  const left = await snapshotInstancesOf(tx, instance.snapshot_id)
  const snapshot = await snapshotById(tx, instance.snapshot_id)
  if (snapshot === undefined) return true
  if (left.length > 0) {
    const status = aggregateSnapshotStatus(left.map((row) => row.status))
    await writeSnapshot(tx, snapshot.id, { status, updated_at: change.now })
    return true
  }
  await deleteSnapshot(tx, snapshot.id)
  await finish(tx, snapshot, null, { ...change, shareTypeId: share?.share_type_id ?? null })
  await recordTombstone(tx, 'snapshot', snapshot, change.now)
  return true
}

/**
 * Moves the instance on as its operation ends. A status that somebody else wrote meanwhile stays, and the other columns
 * are written. False when the row is gone.
 */
export async function settleSnapshotInstance(tx: Tx, change: SnapshotInstanceChange): Promise<boolean> {
  if (await changeSnapshotInstance(tx, change)) return true
  return changeSnapshotInstance(tx, { ...change, from: null, to: null })
}
