/** Ways out of a walk: to another service, to wait, to whoever comes next, and the end. */
import { releaseLeases } from '../../db/store/leases.ts'
import type { Due } from '../../db/store/operation-families.ts'
import { stepForgotten, update } from '../../db/store/operation-records.ts'
import type { Topic } from '../../model/operations/plan.ts'
import { causeColumns } from '../causes.ts'
import type { Cause } from '../operation.ts'
import type { RunEnd } from '../run-end.ts'
import { rowTopic } from '../topics.ts'
import type { Walk } from './walk.ts'

/** The next step belongs to another service or backend. */
export async function handOver(walk: Walk, on: Topic, backendId: string | null): Promise<RunEnd> {
  const { row, lanes } = walk.claimed
  const topic = rowTopic(on, row)
  await walk.record(async (tx) => {
    await update(tx, row, { topic, backend_id: backendId, updated_at: walk.parts.clock.now() })
    await releaseLeases(tx, lanes, walk.parts.holder)
  })
  tellHandOver(walk)
  return { end: 'handed-over', topic, backendId }
}

export function tellHandOver(walk: Walk): void {
  const used = walk.use.told()
  if (used.database === undefined) return
  const { id, request_id, kind } = walk.row
  walk.parts.log.info({ operation_id: id, request_id, ...used }, `${kind}: handed over`)
}

/** With `begun: false` the due step is on record as never begun: whoever goes on, or undoes, finds nothing of it. */
export async function wait(
  walk: Walk,
  cause: Cause | null,
  retryAfterS: number | null,
  { begun = true }: { readonly begun?: boolean } = {},
): Promise<RunEnd> {
  const { row, lanes } = walk.claimed
  const backOffS = retryAfterS ?? Math.min(60, 0.25 * 2 ** row.attempts)
  const forMs = Math.round(backOffS * 1000 * (0.75 + Math.random() / 2))
  const now = walk.parts.clock.now()
  await walk.record(async (tx) => {
    if (!begun) await stepForgotten(tx, row)
    await update(tx, row, {
      not_before: now + forMs * 1000,
      attempts: row.attempts,
      ...(cause === null ? {} : causeColumns(cause)),
      updated_at: now,
    })
    await releaseLeases(tx, lanes, walk.parts.holder)
  })
  return { end: 'waiting', forMs }
}

/** Leaves the operation as it is for whoever takes the lane next. */
export async function letGo(walk: Walk): Promise<void> {
  await walk.parts.store.transaction((tx) => releaseLeases(tx, walk.claimed.lanes, walk.parts.holder))
}

/** The process ends, or has lost its leases. */
export async function stopped(walk: Walk): Promise<RunEnd> {
  await letGo(walk)
  return { end: 'stopped' }
}

export function finished(walk: Walk, outcome: 'done' | 'failed' | 'cancelled', due: readonly Due[]): RunEnd {
  const { row, lanes } = walk.claimed
  const seconds = (walk.parts.clock.now() - row.created_at) / 1_000_000
  walk.parts.observe?.({ kind: row.kind, outcome, seconds })
  walk.parts.log.info(
    {
      operation_id: row.id,
      request_id: row.request_id,
      resource_id: row.resource_id,
      seconds,
      ...walk.use.told(),
    },
    `${row.kind}: ${outcome}`,
  )
  return { end: 'finished', lanes, due }
}
