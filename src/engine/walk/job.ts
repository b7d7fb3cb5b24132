/** What a step is given, and how long it may take. */
import { update } from '../../db/store/operation-records.ts'
import { within } from '../deadline.ts'
import { overallProgress } from '../onwards.ts'
import type { Job, Json, StepDone } from '../operation.ts'
import { leftBehind, refusalsOf, type Walk } from './walk.ts'

/** Throws when it takes longer than a step may, or the process ends. */
export function bounded(walk: Walk, body: (job: Job) => Promise<StepDone | void>): Promise<StepDone> {
  const work = async (signal: AbortSignal) => (await body(jobOf(walk, signal))) ?? {}
  return within(walk.parts.stepDeadlineMs, walk.stop, work)
}

/** For what runs inside a transaction, which has limits of its own. */
export function jobNow(walk: Walk): Job {
  return jobOf(walk, new AbortController().signal)
}

/** Of the operation as it was claimed, or as a transaction has it by now. */
export function jobOf(walk: Walk, signal: AbortSignal, { row, outputs, begun, fences } = walk.claimed): Job {
  return {
    operationId: row.id,
    kind: row.kind as Job['kind'],
    payload: JSON.parse(row.payload) as Job['payload'],
    requestId: row.request_id,
    projectId: row.project_id,
    userId: row.user_id,
    askedAtUs: row.created_at,
    outputs: outputs as Readonly<Record<string, Json>>,
    refusals: refusalsOf(row),
    leftBehind: row.state === 'undoing' && leftBehind(begun, walk.plan.steps[row.step]?.[0] ?? ''),
    attempt: row.attempts,
    fences,
    children: walk.children,
    owned: () => walk.hold.lasts,
    deadlineMs: walk.parts.stepDeadlineMs,
    signal,
    progress: (percent) => writeProgress(walk, percent),
  }
}

function writeProgress(walk: Walk, percent: number): void {
  const now = Date.now()
  if (now - walk.progressWrittenAt < 1000) return
  walk.progressWrittenAt = now
  const { row } = walk.claimed
  const progress = overallProgress(walk.plan, row.step, Math.max(0, Math.min(100, percent)))
  // Progress is a courtesy: a failed write is no failure of the work.
  void walk.parts.store
    .transaction((tx) => update(tx, row, { progress, updated_at: walk.parts.clock.now() }))
    .catch(() => {})
}
