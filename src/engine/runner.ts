/**
 * Walks one operation: runs its steps in order, records each, resumes where a dead worker stopped, and on failure
 * undoes what was begun, in reverse. It stops at the first step that another service runs and hands the work over.
 */
import type { Store } from '../db/open.ts'
import { DatabaseUnavailable } from '../db/unavailable.ts'
import type { Tx } from '../db/schema.ts'
import type { Clock } from '../runtime/clock.ts'
import { uncounted } from '../runtime/database-use.ts'
import { inSpan, type SpanOptions } from '../tracing/spans.ts'
import { passLeases, releaseLeases, takeLeases } from '../db/store/leases.ts'
import type { Due } from '../db/store/operation-families.ts'
import {
  cancelRequested,
  claimable,
  LostLane,
  NotAllFree,
  stepEnded,
  stepForgotten,
  stepStarted,
  update,
  type Claimable,
  type Claimed,
  type OperationRow,
} from '../db/store/operation-records.ts'
import { planKey, planOf, type Plans } from '../model/operations.ts'
import { joinedBy, startedBy, type OperationPlan, type Topic } from '../model/operations/plan.ts'
import { ownPlans, type Agreement } from './agreement.ts'
import { cancelled, causeColumns, causeOf } from './causes.ts'
import type { Failpoint } from './failpoint.ts'
import {
  endOf,
  firstFailure,
  holdParent,
  startChildren,
  stepKey,
  whenWoken,
  type FamilyTerms,
} from './families.ts'
import { takeBackChildren, whenOver } from './waits.ts'
import { within } from './deadline.ts'
import { asFailure, tooLate } from './failures.ts'
import { Hold, monotonicMs } from './hold.ts'
import {
  afterStep,
  ending,
  leave,
  onwards,
  overallProgress,
  type Onwards,
  type OnwardsScope,
} from './onwards.ts'
import {
  type Cause,
  type ChildEnd,
  type Job,
  type Json,
  type OperationCode,
  type Refusal,
  type Registry,
  type StepCode,
  type StepDone,
} from './operation.ts'
import type { RunEnd } from './run-end.ts'
import { rowTopic, rowTopics } from './topics.ts'
import { WorkUse } from './work-use.ts'

/** At most three pools are tried for one request (design: Work). */
const maxPlacements = 3
/** Tries of one step before it counts as failed; with the back-off below about ten minutes. */
const maxAttempts = 10
/** An undo is tried longer: giving up leaves something behind. */
const maxUndoAttempts = 20
/** Seconds between two looks at something that is on its way. */
const waitS = 0.5
export interface RunnerParts {
  readonly store: Store
  readonly clock: Clock
  readonly plans: Plans
  readonly registry: Registry
  readonly topic: string
  /** Whose `share` steps these are: null is work on no backend, undefined anybody's. */
  readonly backendId?: string | null
  /** What all live processes know; this one's plans without it. */
  readonly agreement?: Agreement
  /** Unique per process: who holds the leases. */
  readonly holder: string
  /** Milliseconds one step may take. */
  readonly stepDeadlineMs: number
  readonly failpoint: Failpoint
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
  /** For metrics. */
  readonly observe?: (event: {
    kind: string
    outcome: 'done' | 'failed' | 'cancelled'
    seconds: number
  }) => void
}

/**
 * Runs the operation as far as this topic can. `stop` is aborted when the process ends or loses its leases; `hold` is told of
 * the leases, and whoever renews them tells it of that.
 */
export function run(
  parts: RunnerParts,
  id: string,
  stop: AbortSignal,
  hold: Hold = new Hold(),
): Promise<RunEnd> {
  const use = new WorkUse()
  const walk = new Walk(parts, stop, hold, use)
  // Whoever wakes it is not whose work it is.
  return uncounted(() => use.of(null, () => walked(parts, walk, id, use)))
}

async function walked(parts: RunnerParts, walk: Walk, id: string, use: WorkUse): Promise<RunEnd> {
  const begun = await walk.claim(id)
  if (begun !== 'claimed') {
    if (begun.end !== 'not-mine') use.addUp(walk.row.kind)
    return begun
  }
  try {
    return await walk.toTheEnd()
  } catch (error) {
    if (error instanceof LostLane) {
      parts.log.warn({ operation_id: id }, 'another worker owns this operation now: leaving it')
      return { end: 'not-mine' }
    }
    await walk.letGo()
    throw error
  } finally {
    use.addUp(walk.row.kind)
  }
}

class Walk {
  readonly #parts: RunnerParts
  readonly #stop: AbortSignal
  readonly #hold: Hold
  readonly #use: WorkUse
  // Set by the claim, before anything else is asked of a walk.
  #claimed!: Claimed
  #plan!: OperationPlan
  #code!: OperationCode
  #progressWrittenAt = 0
  /** Of the step that is about to join them. */
  #children: readonly ChildEnd[] = []
  /** The due step is on record as begun. */
  #isBegun = false
  /** Steps that were begun before this process took the operation: what has become of them it does not know. */
  #begunBefore: ReadonlySet<string> = new Set()
  /** Something that shared a transaction failed: from here on each thing has its own. */
  #oneByOne = false

  constructor(parts: RunnerParts, stop: AbortSignal, hold: Hold, use: WorkUse) {
    this.#parts = parts
    this.#stop = stop
    this.#hold = hold
    this.#use = use
  }

  get row(): OperationRow {
    return this.#claimed.row
  }

  /** Takes the operation and goes on with it in one transaction, as far as that goes. */
  async claim(id: string): Promise<'claimed' | RunEnd> {
    const askedAtMs = monotonicMs()
    const taken = await this.#together(async (tx, last) => {
      const found = await this.#find(tx, id)
      if (found === null) return null
      this.#know(found.claimed)
      const { claimed: at } = found
      this.#begunBefore = new Set(at.begun.keys())
      const isWriteDue = this.#isWriteDue()
      // What comes to its end here is nobody's in between: whether the lanes were free is asked with the end.
      if (!isWriteDue) await this.#takeLanes(tx, found)
      // The last step is not run before the parent is held, which must come first.
      const scope = {
        parent: this.#parentOrFalse(),
        held: true,
        last,
        ...(isWriteDue ? { releaseLanes: () => this.#passLanes(tx, found) } : {}),
      }
      const onwards = () => this.#onwards(tx, at, found.changes, scope)
      const moved = await (isWriteDue ? inSpan(...this.#span(), onwards) : onwards())
      if (isWriteDue && typeof moved === 'string') await this.#takeLanes(tx, found)
      return { at, moved }
    }).catch((error: unknown) => {
      if (error instanceof NotAllFree) return null
      throw error
    })
    if (taken === null) return { end: 'not-mine' }
    this.#hold.taken(taken.at.lanes, askedAtMs)
    return this.#arrive(taken.at, taken.moved) ?? 'claimed'
  }

  async #takeLanes(tx: Tx, { claimed, seen }: Claimable): Promise<void> {
    const { store, holder } = this.#parts
    if (!(await takeLeases(tx, store, seen, { holder, id: claimed.row.id }))) throw new NotAllFree()
  }

  async #passLanes(tx: Tx, { claimed, seen }: Claimable): Promise<void> {
    const { store, holder } = this.#parts
    if (!(await passLeases(tx, store, seen, { holder, id: claimed.row.id }))) throw new NotAllFree()
  }

  #find(tx: Tx, id: string): Promise<Claimable | null> {
    const { store, clock, topic, backendId, holder, registry } = this.#parts
    return claimable(tx, store, {
      id,
      topics: rowTopics(topic),
      holder,
      backendId: topic === 'share' ? backendId : undefined,
      now: clock.now(),
      knows: ({ kind, version }) => registry.has(planKey(kind, version)),
    })
  }

  #know(claimed: Claimed): void {
    const { kind, version } = claimed.row
    const plan = planOf(kind, version, this.#parts.plans)
    const code = this.#parts.registry.get(planKey(kind, version))
    if (plan === null || code === undefined)
      throw new Error(`operation ${planKey(kind, version)} is unknown here`)
    this.#claimed = claimed
    this.#plan = plan
    this.#code = code
  }

  toTheEnd(): Promise<RunEnd> {
    return inSpan(...this.#span(), () => this.#walk())
  }

  #span(): [string, SpanOptions] {
    const { id, kind, request_id, resource_id, traceparent } = this.row
    const attributes = {
      'manila.operation_id': id,
      'manila.request_id': request_id,
      'manila.resource_id': resource_id,
    }
    return [kind, { attributes, parent: traceparent, kind: 'consumer' }]
  }

  /** Whether the claim has more to do than to begin an effect. */
  #isWriteDue(): boolean {
    const [name = ''] = this.#plan.steps[this.row.step] ?? []
    const step = this.#code.steps[name]
    return step !== undefined && 'write' in step
  }

  async #walk(): Promise<RunEnd> {
    for (;;) {
      if (this.#stop.aborted) {
        await this.letGo()
        return { end: 'stopped' }
      }
      const { row } = this.#claimed
      const step = this.#plan.steps[row.step]?.[0] ?? ''
      const ended = await (row.state === 'undoing'
        ? this.#use.of(`undo ${step}`, () => this.#undoOne())
        : this.#use.of(step, () => this.#runOne()))
      if (ended !== null) return ended
    }
  }

  // ------------------------------------------------------------------------------------------------- forwards

  async #runOne(): Promise<RunEnd | null> {
    const { row, recorded } = this.#claimed
    const planned = this.#plan.steps[row.step]
    if (planned === undefined) throw new Error(`operation ${row.id} has no step ${row.step}`)
    const [name, on] = planned
    if (!this.#isBegun) {
      if (!this.#isHere(on, row.backend_id)) return this.#handOver(on, row.backend_id)
      const now = this.#parts.clock.now()
      if (now > row.deadline_at) return this.#unwind(tooLate(this.#plan, row.cause_message), 'fail')
      let asked = false
      await this.#record(async (tx) => {
        asked = await cancelRequested(tx, row.id)
        if (asked) return
        await stepStarted(tx, row, { index: row.step, name, isRecorded: recorded.has(row.step) }, now)
        // A try that a kill cut short is not counted: a restart must not use up tries, nor lengthen the pause after a failure.
        await update(tx, row, { updated_at: now })
      })
      if (asked) return this.#unwind(cancelled, 'cancel')
      recorded.add(row.step)
      this.#claimed.begun.set(name, row.backend_id)
    }
    this.#isBegun = false
    const joins = joinedBy(planned)
    if (joins !== null) {
      const ended = await this.#join(joins)
      if (ended !== 'all-over') return ended
    }
    row.attempts += 1
    try {
      const step = this.#step(name)
      this.#parts.failpoint(row.kind, name, 'before-effect')
      const done =
        'write' in step ? null : await inSpan(`step ${name}`, {}, () => this.#bounded((job) => step.run(job)))
      this.#parts.failpoint(row.kind, name, 'after-effect')
      return await this.#advance(name, step, done)
    } catch (error) {
      return this.#failed(name, error)
    }
  }

  /** Records the step as done, together with whatever it commits, and goes on; the last one ends the operation. */
  async #advance(name: string, step: StepCode<never>, done: StepDone | null): Promise<RunEnd | null> {
    const children = done?.children ?? []
    if (children.length > 0 && startedBy(this.#plan.steps[this.row.step]) === null)
      throw new Error(`step "${name}" of ${this.row.kind} starts children: its plan must say so`)
    const { at, moved } = await this.#together(async (tx, last) => {
      const at = copyOf(this.#claimed)
      const { row, outputs } = at
      const now = this.#parts.clock.now()
      const parent = this.#mayEnd() ? await holdParent(tx, row) : this.#parentOrFalse()
      let backendId = row.backend_id
      const record = {
        route: (id: string) => void (backendId = id),
        last: this.#oneByOne ? null : last,
      }
      const output =
        ('write' in step ? await step.write(tx, this.#jobNow() as never, record) : done?.output) ?? null
      await stepEnded(tx, row, row.step, 'done', JSON.stringify(output), now)
      await done?.commit?.(tx, record)
      outputs[name] = output
      const key = stepKey(name, row)
      const pending = afterStep(at, this.#plan, backendId)
      if (children.length === 0)
        return { at, moved: await this.#onwards(tx, at, pending, { parent, held: false, last }) }
      await update(tx, row, { ...pending, not_before: whenWoken, updated_at: now })
      const due = await startChildren(tx, row, key, children, this.#family(now))
      await releaseLeases(tx, at.lanes, this.#parts.holder)
      return { at, moved: { end: 'has-children' as const, due } }
    })
    return this.#arrive(at, moved)
  }

  #onwards(
    tx: Tx,
    at: Claimed,
    pending: Partial<OperationRow> | null,
    scope: Pick<OnwardsScope, 'parent' | 'held' | 'last'> & Partial<Pick<OnwardsScope, 'releaseLanes'>>,
  ): Promise<Onwards> {
    const now = this.#parts.clock.now()
    return onwards(tx, at, pending, {
      releaseLanes: () => releaseLeases(tx, at.lanes, this.#parts.holder),
      ...scope,
      plan: this.#plan,
      code: this.#code,
      now,
      oneByOne: this.#oneByOne,
      family: this.#family(now),
      failpoint: this.#parts.failpoint,
      isHere: (on, backendId) => this.#isHere(on, backendId),
      jobOf: (claimed) => this.#job(new AbortController().signal, claimed),
    })
  }

  /** Takes over what a transaction came to. */
  #arrive(at: Claimed, moved: Onwards | Extract<RunEnd, { end: 'has-children' }>): RunEnd | null {
    this.#claimed = at
    this.#isBegun = moved === 'begun'
    if (typeof moved === 'string') return null
    if (moved.end === 'handed-over') this.#tellHandOver()
    return moved.end === 'finished' ? this.#finished('done', moved.due) : moved
  }

  /** Whether nothing but what is written lies between here and the end. */
  #mayEnd(): boolean {
    const later = this.#plan.steps.slice(this.row.step + 1)
    return later.every(([name]) => {
      const step = this.#code.steps[name]
      return step !== undefined && 'write' in step
    })
  }

  #parentOrFalse(): null | false {
    return (this.row.parent_id ?? null) === null ? null : false
  }

  /**
   * A transaction for several things at once. When one of them fails it is done again with nothing but the first, and so is all
   * that follows: whatever fails then is on record as what it is.
   */
  async #together<T>(body: (tx: Tx, last: OnwardsScope['last']) => Promise<T>): Promise<T> {
    const whole = async (tx: Tx): Promise<T> => {
      const works: ((tx: Tx) => Promise<void>)[] = []
      const answer = await body(tx, (work) => void works.push(work))
      for (const work of works) await work(tx)
      return answer
    }
    try {
      return await this.#parts.store.transaction(whole)
    } catch (error) {
      const isOver = error instanceof LostLane || error instanceof NotAllFree
      if (this.#oneByOne || isOver || error instanceof DatabaseUnavailable) throw error
      this.#oneByOne = true
      return this.#parts.store.transaction(whole)
    }
  }

  async #failed(name: string, error: unknown): Promise<RunEnd | null> {
    // Without the database nothing can be said of the step: whoever finds the operation next repeats it.
    if (error instanceof LostLane || error instanceof DatabaseUnavailable) throw error
    const { row } = this.#claimed
    if (this.#stop.aborted) {
      await this.letGo()
      return { end: 'stopped' }
    }
    const failure = asFailure(error)
    const untouched = failure.untouched && !this.#begunBefore.has(name)
    // What is on its way is nothing to look after.
    const waits = failure.outcome === 'wait'
    this.#parts.log[waits ? 'info' : 'warn'](
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
    if (failure.outcome === 'wait' && !this.#pastDeadline()) {
      row.attempts -= 1
      return this.#wait(failure.cause_, failure.retryAfterS ?? waitS, { begun: !untouched })
    }
    if (failure.outcome === 'retry' && row.attempts < maxAttempts && !this.#pastDeadline()) {
      return this.#wait(failure.cause_, failure.retryAfterS)
    }
    const placeAgain = failure.outcome === 'place-again' && row.placements + 1 < maxPlacements
    const then = placeAgain ? 'place-again' : 'fail'
    return this.#unwind(failure.cause_, then, failure.refusals, untouched ? name : null)
  }

  // ------------------------------------------------------------------------------------------------ backwards

  async #unwind(
    cause: Cause,
    then: 'fail' | 'place-again' | 'cancel',
    refusals?: readonly Refusal[] | null,
    untouched: string | null = null,
  ): Promise<null> {
    const { row } = this.#claimed
    const all = JSON.stringify([...refusalsOf(row), ...(refusals ?? [])])
    const now = this.#parts.clock.now()
    await this.#record(async (tx) => {
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
    if (untouched !== null) this.#claimed.begun.delete(untouched)
    Object.assign(row, {
      state: 'undoing',
      undo_then: then,
      attempts: 0,
      refusals: all,
      ...causeColumns(cause),
    })
    return null
  }

  async #undoOne(): Promise<RunEnd | null> {
    const { row, begun } = this.#claimed
    const planned = this.#plan.steps[row.step]
    if (planned === undefined) throw new Error(`operation ${row.id} has no step ${row.step}`)
    const [name, on] = planned
    // Where it ran; one that never began is stepped over by whoever comes by.
    const where = begun.get(name) ?? row.backend_id
    if (!this.#isHere(on, where)) return this.#handOver(on, where)
    let undone = true
    if (startedBy(planned) !== null) {
      const taken = await this.#takeBackChildren(name)
      if (typeof taken === 'object') return taken
      undone = taken
    }
    let done: StepDone = {}
    if (begun.has(name) && this.#step(name).undo !== undefined) {
      row.attempts += 1
      try {
        this.#parts.failpoint(row.kind, `undo ${name}`, 'before-effect')
        done = await inSpan(`undo ${name}`, {}, () =>
          this.#bounded((job) => this.#step(name).undo?.(job) ?? Promise.resolve()),
        )
        this.#parts.failpoint(row.kind, `undo ${name}`, 'after-effect')
      } catch (error) {
        if (error instanceof LostLane || error instanceof DatabaseUnavailable) throw error
        if (this.#stop.aborted) {
          await this.letGo()
          return { end: 'stopped' }
        }
        this.#parts.log.error(
          { operation_id: row.id, request_id: row.request_id, step: name, attempt: row.attempts, err: error },
          `${row.kind}: undo of "${name}" failed`,
        )
        if (row.attempts < maxUndoAttempts) return this.#wait(null, null)
        undone = false
      }
    }
    return this.#stepBack(name, done, undone)
  }

  /** Records the undo; after the first step's it ends the operation or starts it afresh. */
  async #stepBack(name: string, done: StepDone, undone: boolean): Promise<RunEnd | null> {
    const { row, begun } = this.#claimed
    const now = this.#parts.clock.now()
    const cause = causeOf(row)
    const state = row.undo_then === 'cancel' ? 'cancelled' : 'failed'
    const clean = undone && !leftBehind(begun, name)
    let due: readonly Due[] = []
    await this.#record(async (tx) => {
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
        await releaseLeases(tx, this.#claimed.lanes, this.#parts.holder)
      } else {
        await this.#code.failed(tx, this.#jobNow(), cause, clean)
        await update(tx, row, { ...ending(row, state, cause, now), updated_at: now })
        const releaseLanes = () => releaseLeases(tx, this.#claimed.lanes, this.#parts.holder)
        due = await leave(tx, this.#claimed, state, { releaseLanes, parent, family: this.#family(now) })
      }
    })
    if (undone) begun.delete(name)
    if (row.step > 0) {
      row.step -= 1
      row.attempts = 0
      return null
    }
    if (row.undo_then === 'place-again' && clean) return { end: 'waiting', forMs: 0 }
    return this.#finished(state, due)
  }

  // -------------------------------------------------------------------------------------------------- children

  /** Before the step that joins them: waits while one is open, unwinds when one failed that all need. */
  async #join(step: string): Promise<RunEnd | 'all-over' | null> {
    const { row } = this.#claimed
    const planned = this.#plan.steps.find(([name]) => name === step)
    const { store, clock, holder } = this.#parts
    const children = await whenOver(store, this.#claimed, stepKey(step, row), { holder, now: clock.now() })
    if (children === null) return { end: 'has-children', due: [] }
    const failure = startedBy(planned)?.eachByItself === true ? null : firstFailure(children)
    if (failure !== null) return this.#unwind(causeOf(failure), 'fail')
    this.#children = children.map(endOf)
    return 'all-over'
  }

  /** While unwinding: answers whether nothing of a step's children is left, or that this operation waits for them. */
  async #takeBackChildren(name: string): Promise<RunEnd | boolean> {
    const { row } = this.#claimed
    this.#parts.failpoint(row.kind, `take back ${name}`, 'before-effect')
    const taken = await takeBackChildren(this.#parts.store, this.#claimed, stepKey(name, row), {
      holder: this.#parts.holder,
      family: this.#family(this.#parts.clock.now()),
      compensating: async (tx, finished) =>
        this.#step(name).compensating?.(tx, this.#jobNow(), endOf(finished)),
    })
    this.#parts.failpoint(row.kind, `take back ${name}`, 'after-effect')
    return typeof taken === 'boolean' ? taken : { end: 'has-children', due: taken }
  }

  #family(now: number): FamilyTerms {
    const { plans, agreement = ownPlans } = this.#parts
    return { plans, agreement, now }
  }

  // -------------------------------------------------------------------------------------------------- leaving

  /** Whether this worker runs steps of that service, and of that backend where it matters. */
  #isHere(on: Topic, backendId: string | null): boolean {
    const { topic, backendId: own } = this.#parts
    return on === topic && (on !== 'share' || own === undefined || own === backendId)
  }

  /** The next step belongs to another service or backend. */
  async #handOver(on: Topic, backendId: string | null): Promise<RunEnd> {
    const { row, lanes } = this.#claimed
    const topic = rowTopic(on, row)
    await this.#record(async (tx) => {
      await update(tx, row, { topic, backend_id: backendId, updated_at: this.#parts.clock.now() })
      await releaseLeases(tx, lanes, this.#parts.holder)
    })
    this.#tellHandOver()
    return { end: 'handed-over', topic, backendId }
  }

  #tellHandOver(): void {
    const used = this.#use.told()
    if (used.database === undefined) return
    const { id, request_id, kind } = this.row
    this.#parts.log.info({ operation_id: id, request_id, ...used }, `${kind}: handed over`)
  }

  /** With `begun: false` the due step is on record as never begun: whoever goes on, or undoes, finds nothing of it. */
  async #wait(
    cause: Cause | null,
    retryAfterS: number | null,
    { begun = true }: { readonly begun?: boolean } = {},
  ): Promise<RunEnd> {
    const { row, lanes } = this.#claimed
    const backOffS = retryAfterS ?? Math.min(60, 0.25 * 2 ** row.attempts)
    const forMs = Math.round(backOffS * 1000 * (0.75 + Math.random() / 2))
    const now = this.#parts.clock.now()
    await this.#record(async (tx) => {
      if (!begun) await stepForgotten(tx, row)
      await update(tx, row, {
        not_before: now + forMs * 1000,
        attempts: row.attempts,
        ...(cause === null ? {} : causeColumns(cause)),
        updated_at: now,
      })
      await releaseLeases(tx, lanes, this.#parts.holder)
    })
    return { end: 'waiting', forMs }
  }

  /** Leaves the operation as it is for whoever takes the lane next. */
  async letGo(): Promise<void> {
    await this.#parts.store.transaction((tx) => releaseLeases(tx, this.#claimed.lanes, this.#parts.holder))
  }

  #finished(outcome: 'done' | 'failed' | 'cancelled', due: readonly Due[]): RunEnd {
    const { row, lanes } = this.#claimed
    const seconds = (this.#parts.clock.now() - row.created_at) / 1_000_000
    this.#parts.observe?.({ kind: row.kind, outcome, seconds })
    this.#parts.log.info(
      {
        operation_id: row.id,
        request_id: row.request_id,
        resource_id: row.resource_id,
        seconds,
        ...this.#use.told(),
      },
      `${row.kind}: ${outcome}`,
    )
    return { end: 'finished', lanes, due }
  }

  // --------------------------------------------------------------------------------------------------- helpers

  #record(body: (tx: Tx) => Promise<void>): Promise<void> {
    return this.#parts.store.transaction(body)
  }

  #step(name: string): OperationCode['steps'][string] {
    const code = this.#code.steps[name]
    if (code === undefined) throw new Error(`no code for step "${name}" of ${this.#claimed.row.kind}`)
    return code
  }

  #pastDeadline(): boolean {
    return this.#parts.clock.now() > this.#claimed.row.deadline_at
  }

  #bounded(body: (job: Job) => Promise<StepDone | void>): Promise<StepDone> {
    const work = async (signal: AbortSignal) => (await body(this.#job(signal))) ?? {}
    return within(this.#parts.stepDeadlineMs, this.#stop, work)
  }

  /** For what runs inside a transaction, which has limits of its own. */
  #jobNow(): Job {
    return this.#job(new AbortController().signal)
  }

  #job(signal: AbortSignal, { row, outputs, begun, fences } = this.#claimed): Job {
    return {
      operationId: row.id,
      kind: row.kind as Job['kind'],
      payload: JSON.parse(row.payload) as Job['payload'],
      requestId: row.request_id,
      projectId: row.project_id,
      userId: row.user_id,
      outputs: outputs as Readonly<Record<string, Json>>,
      refusals: refusalsOf(row),
      leftBehind: row.state === 'undoing' && leftBehind(begun, this.#plan.steps[row.step]?.[0] ?? ''),
      attempt: row.attempts,
      fences,
      children: this.#children,
      owned: () => this.#hold.lasts,
      deadlineMs: this.#parts.stepDeadlineMs,
      signal,
      progress: (percent) => this.#writeProgress(percent),
    }
  }

  #writeProgress(percent: number): void {
    const now = Date.now()
    if (now - this.#progressWrittenAt < 1000) return
    this.#progressWrittenAt = now
    const { row } = this.#claimed
    const progress = overallProgress(this.#plan, row.step, Math.max(0, Math.min(100, percent)))
    // Progress is a courtesy: a failed write is no failure of the work.
    void this.#parts.store
      .transaction((tx) => update(tx, row, { progress, updated_at: this.#parts.clock.now() }))
      .catch(() => {})
  }
}

const copyOf = (claimed: Claimed): Claimed => ({
  ...claimed,
  row: { ...claimed.row },
  outputs: { ...claimed.outputs },
  begun: new Map(claimed.begun),
  recorded: new Set(claimed.recorded),
})

/** Whether a later step than `name` could not be undone. */
const leftBehind = (begun: ReadonlyMap<string, unknown>, name: string): boolean =>
  [...begun.keys()].some((other) => other !== name)

export function refusalsOf(row: OperationRow): readonly Refusal[] {
  return row.refusals === null ? [] : (JSON.parse(row.refusals) as Refusal[])
}
