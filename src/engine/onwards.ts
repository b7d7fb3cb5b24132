/**
 * Goes on with an operation inside one transaction, as far as nothing outside of the database is touched: steps that only write,
 * the begin of the next effect, the hand-over, the end. So an operation costs a commit before each effect and one behind it, and
 * none besides.
 */
import type { Tx } from '../db/schema.ts'
import type { Due } from '../db/store/operation-families.ts'
import {
  leaveLanes,
  stepStarted,
  stepWritten,
  update,
  updateHeld,
  updateUnlessCancelled,
  type Claimed,
  type OperationRow,
} from '../db/store/operation-records.ts'
import { joinedBy, type OperationPlan, type Topic } from '../model/operations/plan.ts'
import { inSpan } from '../tracing/spans.ts'
import { causeColumns } from './causes.ts'
import type { Failpoint } from './failpoint.ts'
import { childEnded, type FamilyTerms } from './families.ts'
import type { Cause, Job, OperationCode } from './operation.ts'
import type { RunEnd } from './run-end.ts'
import { rowTopic } from './topics.ts'

/** How far a transaction went. */
export type Onwards =
  /** The due step is on record as begun. */
  | 'begun'
  /** The due step is for a look of its own: it joins children, failed before, comes too late, or somebody wants the operation ended. */
  | 'due'
  | Extract<RunEnd, { end: 'handed-over' | 'finished' }>

/** Somebody wants it ended, or has it: what was begun in this transaction must not last. */
export class Interrupted extends Error {}

export interface OnwardsScope {
  readonly plan: OperationPlan
  readonly code: OperationCode
  /** Microseconds since the epoch. */
  readonly now: number
  /** Nothing but the move, the hand-over and the end: no step is begun, none is run. */
  readonly oneByOne: boolean
  /** The row is held by this transaction since before anybody else could want something of it. */
  readonly held: boolean
  /** Lets go of its lanes. */
  releaseLanes(tx: Tx): Promise<void>
  /** Work for the end of the transaction. */
  last(work: (tx: Tx) => Promise<void>): void
  /** Of a child, held since the beginning of the transaction; false where it is not, and then the last step is not run. */
  readonly parent: OperationRow | null | false
  readonly family: FamilyTerms
  readonly failpoint: Failpoint
  isHere(on: Topic, backendId: string | null): boolean
  jobOf(at: Claimed): Job
}

/** Of the step that comes after `at`'s, when that one is done. Moves `at`. */
export function afterStep(at: Claimed, plan: OperationPlan, backendId: string | null): Partial<OperationRow> {
  const { row } = at
  const moved = { step: row.step + 1, attempts: 0, backend_id: backendId, ...causeColumns(null) }
  Object.assign(row, moved)
  return { ...moved, progress: overallProgress(plan, row.step, 0) }
}

/** Goes on from `at`, of which `pending` is not written yet; leaves `at` where the transaction does. */
export async function onwards(
  tx: Tx,
  at: Claimed,
  pending: Partial<OperationRow> | null,
  scope: OnwardsScope,
): Promise<Onwards> {
  const { row } = at
  const { plan, code, now } = scope
  let unwritten = pending
  let written = false
  const write = async (changes: Partial<OperationRow> | null): Promise<void> => {
    if (changes === null) return
    const all = { ...changes, updated_at: now }
    if (scope.held) return updateHeld(tx, row, all)
    if (!written) return update(tx, row, all)
    if (!(await updateUnlessCancelled(tx, row, all))) throw new Interrupted(row.id)
  }
  for (;;) {
    const planned = plan.steps[row.step]
    if (planned === undefined) {
      await write({ ...unwritten, ...ending(row, 'done', null, now) })
      return { end: 'finished', lanes: at.lanes, due: await leave(tx, at, 'done', scope) }
    }
    // Undone where it ran, and one by one.
    if (row.state !== 'running') {
      await write(unwritten)
      return 'due'
    }
    const [name, on] = planned
    if (!scope.isHere(on, row.backend_id)) {
      const topic = rowTopic(on, row)
      await (scope.held ? updateHeld : update)(tx, row, { ...unwritten, topic, updated_at: now })
      await scope.releaseLanes(tx)
      return { end: 'handed-over', topic, backendId: row.backend_id }
    }
    const rests = joinedBy(planned) !== null || now > row.deadline_at || row.cancel_requested === 1
    // What failed or waits is tried alone: together with the rest it would be tried twice.
    if (scope.oneByOne || rests || row.cause_code !== null) {
      await write(unwritten)
      return 'due'
    }
    const place = { index: row.step, name, isRecorded: at.recorded.has(row.step) }
    const step = code.steps[name]
    if (step === undefined) throw new Error(`no code for step "${name}" of ${row.kind}`)
    at.begun.set(name, row.backend_id)
    at.recorded.add(row.step)
    if (!('write' in step) || (scope.parent === false && row.step === plan.steps.length - 1)) {
      await stepStarted(tx, row, place, now)
      written = true
      await write(unwritten)
      return 'begun'
    }
    let backendId = row.backend_id
    row.attempts += 1
    scope.failpoint(row.kind, name, 'before-effect')
    const record = { route: (id: string) => void (backendId = id), last: scope.last }
    await inSpan(`step ${name}`, {}, () => step.write(tx, scope.jobOf(at), record))
    scope.failpoint(row.kind, name, 'after-effect')
    await stepWritten(tx, row, place, now)
    at.outputs[name] = null
    written = true
    unwritten = { ...unwritten, ...afterStep(at, plan, backendId) }
  }
}

/** The columns of an operation that is over. */
export const ending = (
  row: OperationRow,
  state: 'done' | 'failed' | 'cancelled',
  cause: Cause | null,
  now: number,
): Partial<OperationRow> => ({
  state,
  ...causeColumns(cause),
  progress: state === 'done' ? 100 : row.progress,
  finished_at: now,
})

/** Behind {@link ending}: lets go of everything, and tells the parent. Answers whom to wake. */
export async function leave(
  tx: Tx,
  at: Claimed,
  state: 'done' | 'failed' | 'cancelled',
  { releaseLanes, parent, family }: Pick<OnwardsScope, 'releaseLanes' | 'parent' | 'family'>,
): Promise<readonly Due[]> {
  await leaveLanes(tx, at.row.id)
  await releaseLanes(tx)
  return parent === null || parent === false ? [] : childEnded(tx, at.row, parent, state, family)
}

/** How far the whole operation is when step `index` is `percent` done. */
export function overallProgress(plan: OperationPlan, index: number, percent: number): number {
  return Math.min(99, Math.floor(((index + percent / 100) / plan.steps.length) * 100))
}
