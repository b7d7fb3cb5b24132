/** Open operations that somebody wants ended: their owner at the next step, an administrator at once. */
import type { Tx } from '../schema.ts'

/** The lane's unfinished operations on this resource, and whether one of them runs. */
export async function openOperationsOn(
  tx: Tx,
  lane: string,
  resourceId: string,
): Promise<{ readonly ids: readonly string[]; readonly running: boolean }> {
  const rows = await tx
    .selectFrom('operations')
    .select(['id', 'state'])
    .where('lane', '=', lane)
    .where('resource_id', '=', resourceId)
    .where('state', 'in', ['queued', 'running', 'undoing'])
    .execute()
  return { ids: rows.map(({ id }) => id), running: rows.some(({ state }) => state !== 'queued') }
}

/** Marks them cancelled and lets what waits behind them go. The caller has fenced off whoever ran one. */
export async function cancelOperations(
  tx: Tx,
  ids: readonly string[],
  cause: { readonly code: string; readonly message: string },
  now: number,
): Promise<void> {
  if (ids.length === 0) return
  await tx
    .updateTable('operations')
    .set({
      state: 'cancelled',
      cause_code: cause.code,
      cause_message: cause.message,
      cause_retryable: 0,
      updated_at: now,
      finished_at: now,
    })
    .where('id', 'in', ids)
    .execute()
  await tx.updateTable('operation_lanes').set({ finished: 1 }).where('operation_id', 'in', ids).execute()
}

/** Asks whoever runs it to undo it at its next step, and lets a pause before another try end. False when it is too late. */
export async function requestCancel(tx: Tx, id: string, now: number): Promise<boolean> {
  const asked = await tx
    .updateTable('operations')
    .set({ cancel_requested: 1, not_before: now, updated_at: now })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst()
  return asked.numUpdatedRows > 0n
}
