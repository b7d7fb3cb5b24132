/** Open operations that somebody wants ended: their owner at the next step, an administrator at once. */
import type { OperationsTable, Tx } from '../schema.ts'
import { askToStop, openFamilies, type Due } from './operation-families.ts'

/** Ids of the unfinished operations that have a place in the lane. */
export async function openInLane(tx: Tx, lane: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('operation_lanes')
    .select('operation_id')
    .where('lane', '=', lane)
    .where('finished', '=', 0)
    .execute()
  return rows.map((row) => row.operation_id)
}

/** The lane's unfinished operations on this resource, and whether one of them runs. */
export async function openOperationsOn(
  tx: Tx,
  lane: string,
  resourceId: string,
): Promise<{ readonly ids: readonly string[]; readonly running: boolean }> {
  const rows = await tx
    .selectFrom('operations')
    .innerJoin('operation_lanes', 'operation_lanes.operation_id', 'operations.id')
    .select(['operations.id', 'operations.state'])
    .where('operation_lanes.lane', '=', lane)
    .where('operation_lanes.finished', '=', 0)
    .where('operations.resource_id', '=', resourceId)
    .where('operations.state', 'in', ['queued', 'running', 'undoing'])
    .execute()
  return { ids: rows.map(({ id }) => id), running: rows.some(({ state }) => state !== 'queued') }
}

/** What was ended at once: none of its code runs any more. */
export type EndedOperation = Pick<
  OperationsTable,
  'id' | 'lane' | 'resource_type' | 'resource_id' | 'payload'
>

/**
 * Marks them and the rest of their families cancelled, and lets what waits behind them go. The caller has fenced off whoever ran
 * one, see `bumpFence`.
 */
export async function cancelOperations(
  tx: Tx,
  members: readonly string[],
  cause: { readonly code: string; readonly message: string },
  now: number,
): Promise<readonly EndedOperation[]> {
  const ids = await openFamilies(tx, members)
  if (ids.length === 0) return []
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
  return tx
    .selectFrom('operations')
    .select(['id', 'lane', 'resource_type', 'resource_id', 'payload'])
    .where('id', 'in', ids)
    .execute()
}

/**
 * Asks whoever runs it, and what it started, to undo it at the next step, and lets a pause before another try end. Answers whom to
 * wake; nobody when it is too late.
 */
export async function requestCancel(tx: Tx, id: string, now: number): Promise<readonly Due[]> {
  const asked = await tx
    .updateTable('operations')
    .set({ cancel_requested: 1, updated_at: now })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst()
  return asked.numUpdatedRows > 0n ? askToStop(tx, [id], now) : []
}
