/** Snapshot instances as the share manager asks for them. Their states change in `snapshots.ts`. */
import type { DbOrTx, Tx } from '../schema.ts'
import {
  changeSnapshotInstance,
  snapshotInstanceById,
  type SnapshotInstanceChange,
  type SnapshotInstanceRow,
} from './snapshots.ts'

/** One page of the snapshot instances on a backend in these statuses, by id. */
export async function snapshotInstancesOnBackend(
  db: DbOrTx,
  backendId: string,
  statuses: readonly string[],
  page: { readonly afterId: string; readonly limit: number },
): Promise<SnapshotInstanceRow[]> {
  return db
    .selectFrom('snapshot_instances')
    .innerJoin('share_instances', 'share_instances.id', 'snapshot_instances.share_instance_id')
    .selectAll('snapshot_instances')
    .where('share_instances.backend_id', '=', backendId)
    .where('snapshot_instances.status', 'in', statuses)
    .where('snapshot_instances.id', '>', page.afterId)
    .orderBy('snapshot_instances.id')
    .limit(page.limit)
    .execute()
}

/** Every snapshot instance of one share instance. */
export async function snapshotInstancesOfShareInstance(
  db: DbOrTx,
  shareInstanceId: string,
): Promise<SnapshotInstanceRow[]> {
  return db
    .selectFrom('snapshot_instances')
    .selectAll()
    .where('share_instance_id', '=', shareInstanceId)
    .orderBy('created_at')
    .execute()
}

/**
 * Moves the instance on as its operation ends. A status that somebody else wrote meanwhile stays, and the other columns
 * are written. False when the row is gone.
 */
export async function settleSnapshotInstance(tx: Tx, change: SnapshotInstanceChange): Promise<boolean> {
  if (await changeSnapshotInstance(tx, change)) return true
  return changeSnapshotInstance(tx, { ...change, from: null, to: null })
}

/** Has the reconciler look at the snapshot's rules again. */
export async function touchSnapshotRules(tx: Tx, snapshotInstanceId: string): Promise<void> {
  const row = await snapshotInstanceById(tx, snapshotInstanceId)
  if (row === undefined) return
  await tx
    .updateTable('snapshot_instances')
    .set({ access_generation: row.access_generation + 1 })
    .where('id', '=', snapshotInstanceId)
    .execute()
}

/** The same for all available ones of a share instance, whose rules they inherit. */
export async function touchInheritedRules(tx: Tx, shareInstanceId: string): Promise<void> {
  await tx
    .updateTable('snapshot_instances')
    .set((eb) => ({ access_generation: eb('access_generation', '+', 1) }))
    .where('share_instance_id', '=', shareInstanceId)
    .where('status', '=', 'available')
    .execute()
}

/** The backend has the rules of this generation. */
export async function noteRulesApplied(
  tx: Tx,
  snapshotInstanceId: string,
  generation: number,
): Promise<void> {
  await tx
    .updateTable('snapshot_instances')
    .set({ access_applied: generation })
    .where('id', '=', snapshotInstanceId)
    .execute()
}
