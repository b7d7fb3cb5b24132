/** Snapshot instances as the share manager asks for them. Their states change in `src/lifecycle/snapshots`. */
import type { DbOrTx, Tx } from '../schema.ts'
import { snapshotInstanceById, type SnapshotInstanceRow } from './snapshots.ts'

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
