/** The step that is due: begun, run, recorded with what it commits, or failed. */
import { DatabaseUnavailable } from '../../db/unavailable.ts'
import { releaseLeases } from '../../db/store/leases.ts'
import {
  cancelRequested,
  LostLane,
  stepEnded,
  stepStarted,
  update,
  type Claimed,
} from '../../db/store/operation-records.ts'
import { joinedBy, startedBy } from '../../model/operations/plan.ts'
import { inSpan } from '../../tracing/spans.ts'
import { cancelled, causeOf } from '../causes.ts'
import { asFailure, tooLate } from '../failures.ts'
import { endOf, firstFailure, holdParent, startChildren, stepKey, whenWoken } from '../families.ts'
import { afterStep } from '../onwards.ts'
import type { StepCode, StepDone } from '../operation.ts'
import type { RunEnd } from '../run-end.ts'
import { whenOver } from '../waits.ts'
import { unwind } from './backwards.ts'
import { bounded, jobNow } from './job.ts'
import { handOver, stopped, wait } from './leaving.ts'
import { arrive, goOnwards, parentOrFalse, together } from './together.ts'
import type { Walk } from './walk.ts'

/** At most three pools are tried for one request (design: Work). */
const maxPlacements = 3
/** Tries of one step before it counts as failed; with the back-off of `leaving.ts` about ten minutes. */
const maxAttempts = 10
/** Seconds between two looks at something that is on its way. */
const waitS = 0.5

/** Answers how the walk ends with it; null goes on. */
export async function runOne(walk: Walk): Promise<RunEnd | null> {
  const { row, recorded } = walk.claimed
  const { planned } = walk
  const [name, on] = planned
  if (!walk.isBegun) {
    if (!walk.isHere(on, row.backend_id)) return handOver(walk, on, row.backend_id)
    const now = walk.parts.clock.now()
    if (now > row.deadline_at) return unwind(walk, tooLate(walk.plan, row.cause_message), 'fail')
    let asked = false
    await walk.record(async (tx) => {
      asked = await cancelRequested(tx, row.id)
      if (asked) return
      await stepStarted(tx, row, { index: row.step, name, isRecorded: recorded.has(row.step) }, now)
      // A try that a kill cut short is not counted: a restart must not use up tries, nor lengthen the pause after a failure.
      await update(tx, row, { updated_at: now })
    })
    if (asked) return unwind(walk, cancelled, 'cancel')
    recorded.add(row.step)
    walk.claimed.begun.set(name, row.backend_id)
  }
  walk.isBegun = false
  const joins = joinedBy(planned)
  if (joins !== null) {
    const ended = await join(walk, joins)
    if (ended !== 'all-over') return ended
  }
  row.attempts += 1
  try {
    const step = walk.step(name)
    walk.parts.failpoint(row.kind, name, 'before-effect')
    const done =
      'write' in step ? null : await inSpan(`step ${name}`, {}, () => bounded(walk, (job) => step.run(job)))
    walk.parts.failpoint(row.kind, name, 'after-effect')
    return await advance(walk, name, step, done)
  } catch (error) {
    return failed(walk, name, error)
  }
}

/** Records the step as done, together with whatever it commits, and goes on; the last one ends the operation. */
async function advance(
  walk: Walk,
  name: string,
  step: StepCode<never>,
  done: StepDone | null,
): Promise<RunEnd | null> {
  const children = done?.children ?? []
  if (children.length > 0 && startedBy(walk.plan.steps[walk.row.step]) === null)
    throw new Error(`step "${name}" of ${walk.row.kind} starts children: its plan must say so`)
  const { at, moved } = await together(walk, async (tx, last) => {
    const at = copyOf(walk.claimed)
    const { row, outputs } = at
    const now = walk.parts.clock.now()
    const parent = mayEnd(walk) ? await holdParent(tx, row) : parentOrFalse(walk)
    let backendId = row.backend_id
    const record = {
      route: (id: string) => void (backendId = id),
      last: walk.oneByOne ? null : last,
    }
    const output =
      ('write' in step ? await step.write(tx, jobNow(walk) as never, record) : done?.output) ?? null
    await stepEnded(tx, row, row.step, 'done', JSON.stringify(output), now)
    await done?.commit?.(tx, record)
    outputs[name] = output
    const key = stepKey(name, row)
    const pending = afterStep(at, walk.plan, backendId)
    if (children.length === 0)
      return { at, moved: await goOnwards(walk, tx, at, pending, { parent, held: false, last }) }
    await update(tx, row, { ...pending, not_before: whenWoken, updated_at: now })
    const due = await startChildren(tx, row, key, children, walk.family(now))
    await releaseLeases(tx, at.lanes, walk.parts.holder)
    return { at, moved: { end: 'has-children' as const, due } }
  })
  return arrive(walk, at, moved)
}

/** Whether nothing but what is written lies between here and the end. */
function mayEnd(walk: Walk): boolean {
  const later = walk.plan.steps.slice(walk.row.step + 1)
  return later.every(([name]) => {
    const step = walk.code.steps[name]
    return step !== undefined && 'write' in step
  })
}

async function failed(walk: Walk, name: string, error: unknown): Promise<RunEnd | null> {
  // Without the database nothing can be said of the step: whoever finds the operation next repeats it.
  if (error instanceof LostLane || error instanceof DatabaseUnavailable) throw error
  const { row } = walk.claimed
  if (walk.stop.aborted) return stopped(walk)
  const failure = asFailure(error)
  const untouched = failure.untouched && !walk.begunBefore.has(name)
  // What is on its way is nothing to look after.
  const waits = failure.outcome === 'wait'
  walk.parts.log[waits ? 'info' : 'warn'](
    {
      operation_id: row.id,
      request_id: row.request_id,
      resource_id: row.resource_id,
      step: name,
      attempt: row.attempts,
      err: error,
    },
    `${row.kind}: step "${name}" ${waits ? 'waits' : 'failed'}: ${failure.cause_.message}`,
  )
  if (failure.outcome === 'wait' && !walk.pastDeadline) {
    row.attempts -= 1
    return wait(walk, failure.cause_, failure.retryAfterS ?? waitS, { begun: !untouched })
  }
  if (failure.outcome === 'retry' && row.attempts < maxAttempts && !walk.pastDeadline) {
    return wait(walk, failure.cause_, failure.retryAfterS)
  }
  const placeAgain = failure.outcome === 'place-again' && row.placements + 1 < maxPlacements
  const then = placeAgain ? 'place-again' : 'fail'
  return unwind(walk, failure.cause_, then, failure.refusals, untouched ? name : null)
}

/** Before the step that joins them: waits while one is open, unwinds when one failed that all need. */
async function join(walk: Walk, step: string): Promise<RunEnd | 'all-over' | null> {
  const { row } = walk.claimed
  const planned = walk.plan.steps.find(([name]) => name === step)
  const { store, clock, holder } = walk.parts
  const children = await whenOver(store, walk.claimed, stepKey(step, row), { holder, now: clock.now() })
  if (children === null) return { end: 'has-children', due: [] }
  const failure = startedBy(planned)?.eachByItself === true ? null : firstFailure(children)
  if (failure !== null) return unwind(walk, causeOf(failure), 'fail')
  walk.children = children.map(endOf)
  return 'all-over'
}

const copyOf = (claimed: Claimed): Claimed => ({
  ...claimed,
  row: { ...claimed.row },
  outputs: { ...claimed.outputs },
  begun: new Map(claimed.begun),
  recorded: new Set(claimed.recorded),
})
