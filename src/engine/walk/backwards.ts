/** The way back: what was begun is undone, the last first, until the operation has failed or begins afresh. */
import { DatabaseUnavailable } from '../../db/unavailable.ts'
import { releaseLeases } from '../../db/store/leases.ts'
import type { Due } from '../../db/store/operation-families.ts'
import { LostLane, stepEnded, update } from '../../db/store/operation-records.ts'
import { startedBy } from '../../model/operations/plan.ts'
import { inSpan } from '../../tracing/spans.ts'
import { causeColumns, causeOf } from '../causes.ts'
import { endOf, holdParent, stepKey } from '../families.ts'
import { ending, leave } from '../onwards.ts'
import type { Cause, Refusal, StepDone } from '../operation.ts'
import type { RunEnd } from '../run-end.ts'
import { takeBackChildren } from '../waits.ts'
import { bounded, jobNow } from './job.ts'
import { finished, handOver, stopped, wait } from './leaving.ts'
import { leftBehind, refusalsOf, type Walk } from './walk.ts'

/** An undo is tried longer than a step: giving up leaves something behind. */
const maxUndoAttempts = 20

/** Turns the walk round: from here on it goes back, to do `then` at the beginning. `untouched`: the step that did nothing, as it says itself. */
export async function unwind(
  walk: Walk,
  cause: Cause,
  then: 'fail' | 'place-again' | 'cancel',
  refusals?: readonly Refusal[] | null,
  untouched: string | null = null,
): Promise<null> {
  const { row } = walk.claimed
  const all = JSON.stringify([...refusalsOf(row), ...(refusals ?? [])])
  const now = walk.parts.clock.now()
  await walk.record(async (tx) => {
    if (untouched !== null) await stepEnded(tx, row, row.step, 'undone', 'null', now)
    await update(tx, row, {
      state: 'undoing',
      undo_then: then,
      attempts: 0,
      refusals: all,
      ...causeColumns(cause),
      updated_at: now,
    })
  })
  if (untouched !== null) walk.claimed.begun.delete(untouched)
  Object.assign(row, {
    state: 'undoing',
    undo_then: then,
    attempts: 0,
    refusals: all,
    ...causeColumns(cause),
  })
  return null
}

/** As `runOne`, of the step that is the next to be undone. */
export async function undoOne(walk: Walk): Promise<RunEnd | null> {
  const { row, begun } = walk.claimed
  const { planned } = walk
  const [name, on] = planned
  // Where it ran; one that never began is stepped over by whoever comes by.
  const where = begun.get(name) ?? row.backend_id
  if (!walk.isHere(on, where)) return handOver(walk, on, where)
  let undone = true
  if (startedBy(planned) !== null) {
    const taken = await takeBack(walk, name)
    if (typeof taken === 'object') return taken
    undone = taken
  }
  let done: StepDone = {}
  if (begun.has(name) && walk.step(name).undo !== undefined) {
    row.attempts += 1
    try {
      walk.parts.failpoint(row.kind, `undo ${name}`, 'before-effect')
      done = await inSpan(`undo ${name}`, {}, () =>
        bounded(walk, (job) => walk.step(name).undo?.(job) ?? Promise.resolve()),
      )
      walk.parts.failpoint(row.kind, `undo ${name}`, 'after-effect')
    } catch (error) {
      if (error instanceof LostLane || error instanceof DatabaseUnavailable) throw error
      if (walk.stop.aborted) return stopped(walk)
      walk.parts.log.error(
        { operation_id: row.id, request_id: row.request_id, step: name, attempt: row.attempts, err: error },
        `${row.kind}: undo of "${name}" failed`,
      )
      if (row.attempts < maxUndoAttempts) return wait(walk, null, null)
      undone = false
    }
  }
  return stepBack(walk, name, done, undone)
}

/** Records the undo; after the first step's it ends the operation or starts it afresh. */
async function stepBack(walk: Walk, name: string, done: StepDone, undone: boolean): Promise<RunEnd | null> {
  const { row, begun } = walk.claimed
  const now = walk.parts.clock.now()
  const cause = causeOf(row)
  const state = row.undo_then === 'cancel' ? 'cancelled' : 'failed'
  const clean = undone && !leftBehind(begun, name)
  let due: readonly Due[] = []
  await walk.record(async (tx) => {
    const parent = row.step === 0 ? await holdParent(tx, row) : null
    // A step whose undo gave up stays `started` in the record: something of it may be left.
    if (begun.has(name) && undone) await stepEnded(tx, row, row.step, 'undone', 'null', now)
    await done.commit?.(tx, { route: () => {}, last: null })
    if (row.step > 0) {
      await update(tx, row, { step: row.step - 1, attempts: 0, updated_at: now })
    } else if (row.undo_then === 'place-again' && clean) {
      await update(tx, row, {
        state: 'queued',
        undo_then: null,
        attempts: 0,
        placements: row.placements + 1,
        updated_at: now,
      })
      await releaseLeases(tx, walk.claimed.lanes, walk.parts.holder)
    } else {
      await walk.code.failed(tx, jobNow(walk), cause, clean)
      await update(tx, row, { ...ending(row, state, cause, now), updated_at: now })
      const releaseLanes = () => releaseLeases(tx, walk.claimed.lanes, walk.parts.holder)
      due = await leave(tx, walk.claimed, state, { releaseLanes, parent, family: walk.family(now) })
    }
  })
  if (undone) begun.delete(name)
  if (row.step > 0) {
    row.step -= 1
    row.attempts = 0
    return null
  }
  if (row.undo_then === 'place-again' && clean) return { end: 'waiting', forMs: 0 }
  return finished(walk, state, due)
}

/** While unwinding: answers whether nothing of a step's children is left, or that this operation waits for them. */
async function takeBack(walk: Walk, name: string): Promise<RunEnd | boolean> {
  const { row } = walk.claimed
  walk.parts.failpoint(row.kind, `take back ${name}`, 'before-effect')
  const taken = await takeBackChildren(walk.parts.store, walk.claimed, stepKey(name, row), {
    holder: walk.parts.holder,
    family: walk.family(walk.parts.clock.now()),
    compensating: async (tx, finished) => walk.step(name).compensating?.(tx, jobNow(walk), endOf(finished)),
  })
  walk.parts.failpoint(row.kind, `take back ${name}`, 'after-effect')
  return typeof taken === 'boolean' ? taken : { end: 'has-children', due: taken }
}
