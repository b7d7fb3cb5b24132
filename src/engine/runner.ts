/**
 * Walks one operation: runs its steps in order, records each, resumes where a dead worker stopped, and on failure
 * undoes what was begun, in reverse. It stops at the first step that another service runs and hands the work over.
 */
import type { Store } from '../db/open.ts'
import { DatabaseUnavailable } from '../db/unavailable.ts'
import type { Tx } from '../db/schema.ts'
import type { Clock } from '../runtime/clock.ts'
import { uncounted } from '../runtime/database-use.ts'
import { inSpan } from '../tracing/spans.ts'
import {
  askToStop,
  childrenOf,
  lockOperation,
  takingBack,
  type ChildRow,
  type Due,
} from '../db/store/operation-families.ts'
import { lanesOf } from '../db/store/operations-read.ts'
import { planKey, planOf, type Plans } from '../model/operations.ts'
import { joinedBy, startedBy, type OperationPlan, type Topic } from '../model/operations/plan.ts'
import { ownPlans, type Agreement } from './agreement.ts'
import { cancelled, causeColumns, causeOf } from './causes.ts'
import type { Failpoint } from './failpoint.ts'
import {
  childEnded,
  compensations,
  endOf,
  firstFailure,
  holdParent,
  isOpen,
  startChildren,
  stepKey,
  whenWoken,
  type FamilyHow,
} from './families.ts'
import { Hold, monotonicMs } from './hold.ts'
import { releaseLeases } from './lanes.ts'
import {
  StepFailure,
  type Cause,
  type ChildEnd,
  type Job,
  type Json,
  type OperationCode,
  type Refusal,
  type Registry,
  type StepDone,
} from './operation.ts'
import {
  cancelRequested,
  claim,
  finish,
  LostLane,
  overallProgress,
  refusalsOf,
  stepEnded,
  stepStarted,
  update,
  type Claimed,
} from './records.ts'
import { rowTopic } from './topics.ts'
import { WorkUse } from './work-use.ts'

/** At most three pools are tried for one request (design: Work). */
const maxPlacements = 3
/** Tries of one step before it counts as failed; with the back-off below about ten minutes. */
const maxAttempts = 10
/** An undo is tried longer: giving up leaves something behind. */
const maxUndoAttempts = 20
/** Seconds between two looks at something that is on its way. */
const waitS = 0.5
/** A step that ignores its signal is left behind this many milliseconds after its deadline. */
const graceAfterDeadlineMs = 5000

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

/** What became of a run, for the worker: whether somebody else or a later time has to go on. */
export type RunEnd =
  | { readonly end: 'not-mine' }
  /** `due`: of its family, whoever goes on because of that. */
  | { readonly end: 'finished'; readonly lanes: readonly string[]; readonly due: readonly Due[] }
  /** It waits until the last of its children wakes it. */
  | { readonly end: 'has-children'; readonly due: readonly Due[] }
  | { readonly end: 'handed-over'; readonly topic: string; readonly backendId: string | null }
  | { readonly end: 'waiting'; readonly forMs: number }
  | { readonly end: 'stopped' }

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
  // Whoever wakes it is not whose work it is.
  return uncounted(() => use.of(null, () => walked(parts, id, stop, hold, use)))
}

async function walked(
  parts: RunnerParts,
  id: string,
  stop: AbortSignal,
  hold: Hold,
  use: WorkUse,
): Promise<RunEnd> {
  const askedAtMs = monotonicMs()
  const claimed = await parts.store.transaction((tx) =>
    claim(tx, parts.store, {
      id,
      topic: parts.topic,
      holder: parts.holder,
      backendId: parts.backendId,
      now: parts.clock.now(),
      knows: ({ kind, version }) => parts.registry.has(planKey(kind, version)),
    }),
  )
  if (claimed === null) return { end: 'not-mine' }
  hold.taken(claimed.lanes, askedAtMs)
  const walk = new Walk(parts, claimed, stop, hold, use)
  const { kind, request_id, resource_id, traceparent } = claimed.row
  const attributes = {
    'manila.operation_id': id,
    'manila.request_id': request_id,
    'manila.resource_id': resource_id,
  }
  try {
    return await inSpan(kind, { attributes, parent: traceparent, kind: 'consumer' }, () => walk.toTheEnd())
  } catch (error) {
    if (error instanceof LostLane) {
      parts.log.warn({ operation_id: id }, 'another worker owns this operation now: leaving it')
      return { end: 'not-mine' }
    }
    await walk.letGo()
    throw error
  } finally {
    use.keep(kind)
  }
}

class Walk {
  readonly #parts: RunnerParts
  readonly #claimed: Claimed
  readonly #stop: AbortSignal
  readonly #hold: Hold
  readonly #use: WorkUse
  readonly #plan: OperationPlan
  readonly #code: OperationCode
  #progressWrittenAt = 0
  /** Of the step that is about to join them. */
  #children: readonly ChildEnd[] = []

  constructor(parts: RunnerParts, claimed: Claimed, stop: AbortSignal, hold: Hold, use: WorkUse) {
    this.#parts = parts
    this.#claimed = claimed
    this.#stop = stop
    this.#hold = hold
    this.#use = use
    const { kind, version } = claimed.row
    const plan = planOf(kind, version, parts.plans)
    const code = parts.registry.get(planKey(kind, version))
    if (plan === null || code === undefined)
      throw new Error(`operation ${planKey(kind, version)} is unknown here`)
    this.#plan = plan
    this.#code = code
  }

  async toTheEnd(): Promise<RunEnd> {
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
    const { row } = this.#claimed
    const planned = this.#plan.steps[row.step]
    if (planned === undefined) throw new Error(`operation ${row.id} has no step ${row.step}`)
    const [name, on] = planned
    if (!this.#isHere(on, row.backend_id)) return this.#handOver(on, row.backend_id)
    const now = this.#parts.clock.now()
    if (now > row.deadline_at) return this.#unwind(tooLate(this.#plan, row.cause_message), 'fail')

    let asked = false
    await this.#record(async (tx) => {
      asked = await cancelRequested(tx, row.id)
      if (asked) return
      await stepStarted(tx, row, row.step, name, now)
      // A try that a kill cut short is not counted: a restart must not use up tries, nor lengthen the pause after a failure.
      await update(tx, row, { updated_at: now })
    })
    if (asked) return this.#unwind(cancelled, 'cancel')
    const joins = joinedBy(planned)
    if (joins !== null) {
      const ended = await this.#join(joins)
      if (ended !== 'all-over') return ended
    }
    this.#claimed.begun.set(name, row.backend_id)
    row.attempts += 1
    let done: StepDone
    try {
      this.#parts.failpoint(row.kind, name, 'before-effect')
      done = await inSpan(`step ${name}`, {}, () => this.#bounded((job) => this.#step(name).run(job)))
      this.#parts.failpoint(row.kind, name, 'after-effect')
      return await this.#advance(name, done)
    } catch (error) {
      return this.#failed(name, error)
    }
  }

  /** Records the step as done, together with whatever it commits; the last one ends the operation. */
  async #advance(name: string, done: StepDone): Promise<RunEnd | null> {
    const { row, outputs } = this.#claimed
    const now = this.#parts.clock.now()
    const last = row.step === this.#plan.steps.length - 1
    let backendId = row.backend_id
    const output = done.output ?? null
    const children = done.children ?? []
    if (children.length > 0 && startedBy(this.#plan.steps[row.step]) === null)
      throw new Error(`step "${name}" of ${row.kind} starts children: its plan must say so`)
    let due: readonly Due[] = []
    await this.#record(async (tx) => {
      backendId = row.backend_id
      const parent = last ? await holdParent(tx, row) : null
      await stepEnded(tx, row, row.step, 'done', output, now)
      await done.commit?.(tx, { route: (id) => (backendId = id) })
      if (last) {
        await finish(tx, this.#claimed, 'done', null, now)
        await releaseLeases(tx, this.#claimed.lanes, this.#parts.holder)
        if (parent !== null) due = await childEnded(tx, row, parent, 'done', this.#family(now))
      } else {
        await update(tx, row, {
          step: row.step + 1,
          attempts: 0,
          not_before: children.length > 0 ? whenWoken : row.not_before,
          backend_id: backendId,
          progress: overallProgress(this.#plan, row.step + 1, 0),
          ...causeColumns(null),
          updated_at: now,
        })
        if (children.length > 0) {
          due = await startChildren(tx, row, stepKey(name, row), children, this.#family(now))
          await releaseLeases(tx, this.#claimed.lanes, this.#parts.holder)
        }
      }
    })
    if (last) return this.#finished('done', due)
    if (children.length > 0) return { end: 'has-children', due }
    outputs[name] = output
    row.step += 1
    row.attempts = 0
    row.backend_id = backendId
    return null
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
      return this.#wait(failure.cause_, failure.retryAfterS ?? waitS)
    }
    if (failure.outcome === 'retry' && row.attempts < maxAttempts && !this.#pastDeadline()) {
      return this.#wait(failure.cause_, failure.retryAfterS)
    }
    const placeAgain = failure.outcome === 'place-again' && row.placements + 1 < maxPlacements
    return this.#unwind(failure.cause_, placeAgain ? 'place-again' : 'fail', failure.refusals)
  }

  // ------------------------------------------------------------------------------------------------ backwards

  async #unwind(
    cause: Cause,
    then: 'fail' | 'place-again' | 'cancel',
    refusals?: readonly Refusal[] | null,
  ): Promise<null> {
    const { row } = this.#claimed
    const all = JSON.stringify([...refusalsOf(row), ...(refusals ?? [])])
    const now = this.#parts.clock.now()
    await this.#record((tx) =>
      update(tx, row, {
        state: 'undoing',
        undo_then: then,
        attempts: 0,
        refusals: all,
        ...causeColumns(cause),
        updated_at: now,
      }),
    )
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
    const undo = this.#step(name).undo
    if (begun.has(name) && undo !== undefined) {
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
    const clean = undone && !this.#leftBehind(name)
    let due: readonly Due[] = []
    await this.#record(async (tx) => {
      const parent = row.step === 0 ? await holdParent(tx, row) : null
      // A step whose undo gave up stays `started` in the record: something of it may be left.
      if (begun.has(name) && undone) await stepEnded(tx, row, row.step, 'undone', null, now)
      await done.commit?.(tx, { route: () => {} })
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
        await this.#code.failed(tx, this.#job(new AbortController().signal), cause, clean)
        await finish(tx, this.#claimed, state, cause, now)
        await releaseLeases(tx, this.#claimed.lanes, this.#parts.holder)
        if (parent !== null) due = await childEnded(tx, row, parent, state, this.#family(now))
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
    const children = await this.#whenOver(stepKey(step, row))
    if (children === null) return { end: 'has-children', due: [] }
    const failure = startedBy(planned)?.eachByItself === true ? null : firstFailure(children)
    if (failure !== null) return this.#unwind(causeOf(failure), 'fail')
    this.#children = children.map(endOf)
    return 'all-over'
  }

  /** The children of a step; null when one is still open, and then this operation waits for the last of them. */
  async #whenOver(key: string): Promise<readonly ChildRow[] | null> {
    const { row, lanes } = this.#claimed
    let children: readonly ChildRow[] = []
    const now = this.#parts.clock.now()
    await this.#record(async (tx) => {
      // Held, so that the last child finds this operation waiting, or is seen to be over.
      await lockOperation(tx, row.id)
      children = await childrenOf(tx, row.id, key)
      if (!children.some(isOpen)) return
      await update(tx, row, { not_before: whenWoken, updated_at: now })
      await releaseLeases(tx, lanes, this.#parts.holder)
    })
    return children.some(isOpen) ? null : children
  }

  /**
   * While unwinding: stops what is open of a step's children, then takes back what is done. Answers whether nothing of them is
   * left, or that this operation waits for them.
   */
  async #takeBackChildren(name: string): Promise<RunEnd | boolean> {
    const { row, lanes } = this.#claimed
    const key = stepKey(name, row)
    const how = this.#family(this.#parts.clock.now())
    const wait = async (tx: Tx): Promise<void> => {
      await update(tx, row, { not_before: whenWoken, updated_at: how.now })
      await releaseLeases(tx, lanes, this.#parts.holder)
    }
    let due: readonly Due[] | null = null
    let clean = true
    this.#parts.failpoint(row.kind, `take back ${name}`, 'before-effect')
    await this.#record(async (tx) => {
      due = null
      await lockOperation(tx, row.id)
      const children = await childrenOf(tx, row.id, key)
      const open = children.filter(isOpen)
      if (open.length > 0) {
        await wait(tx)
        due = await askToStop(
          tx,
          open.map(({ id }) => id),
          how.now,
        )
        return
      }
      const takenBack = await childrenOf(tx, row.id, takingBack(key))
      if (takenBack.some(isOpen)) {
        await wait(tx)
        due = []
        return
      }
      clean = ![...children, ...takenBack].some((child) => child.leftBehind)
      if (takenBack.length > 0) {
        clean &&= takenBack.every(({ state }) => state === 'done')
        return
      }
      const wanted = compensations(children, await lanesOf(tx, children), this.#parts.plans)
      if (wanted.length === 0) return
      for (const { finished } of wanted)
        await this.#step(name).compensating?.(tx, this.#job(new AbortController().signal), endOf(finished))
      const all = wanted.map(({ child }) => child)
      due = await startChildren(tx, row, takingBack(key), all, how)
      await wait(tx)
    })
    this.#parts.failpoint(row.kind, `take back ${name}`, 'after-effect')
    return due === null ? clean : { end: 'has-children', due }
  }

  #family(now: number): FamilyHow {
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
    const used = this.#use.told()
    if (used.database !== undefined)
      this.#parts.log.info(
        { operation_id: row.id, request_id: row.request_id, ...used },
        `${row.kind}: handed over`,
      )
    return { end: 'handed-over', topic, backendId }
  }

  async #wait(cause: Cause | null, retryAfterS: number | null): Promise<RunEnd> {
    const { row, lanes } = this.#claimed
    const backOffS = retryAfterS ?? Math.min(60, 0.25 * 2 ** row.attempts)
    const forMs = Math.round(backOffS * 1000 * (0.75 + Math.random() / 2))
    const now = this.#parts.clock.now()
    await this.#record(async (tx) => {
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

  /** True when a later step than `name` could not be undone. */
  #leftBehind(name: string): boolean {
    return [...this.#claimed.begun.keys()].some((begun) => begun !== name)
  }

  #pastDeadline(): boolean {
    return this.#parts.clock.now() > this.#claimed.row.deadline_at
  }

  /** Runs a step with a deadline that holds even if the step ignores its signal. */
  async #bounded(body: (job: Job) => Promise<StepDone | void>): Promise<StepDone> {
    const deadline = new AbortController()
    const signal = AbortSignal.any([deadline.signal, this.#stop])
    const soft = setTimeout(() => deadline.abort(), this.#parts.stepDeadlineMs)
    let hard: NodeJS.Timeout | undefined
    const abandoned = new Promise<never>((_, reject) => {
      hard = setTimeout(
        () => reject(new Error(`no answer within ${this.#parts.stepDeadlineMs / 1000} s`)),
        this.#parts.stepDeadlineMs + graceAfterDeadlineMs,
      )
    })
    try {
      return (await Promise.race([body(this.#job(signal)), abandoned])) ?? {}
    } finally {
      clearTimeout(soft)
      clearTimeout(hard)
    }
  }

  #job(signal: AbortSignal): Job {
    const { row, outputs } = this.#claimed
    return {
      operationId: row.id,
      kind: row.kind as Job['kind'],
      payload: JSON.parse(row.payload) as Job['payload'],
      requestId: row.request_id,
      projectId: row.project_id,
      userId: row.user_id,
      outputs: outputs as Readonly<Record<string, Json>>,
      refusals: refusalsOf(row),
      leftBehind: row.state === 'undoing' && this.#leftBehind(this.#plan.steps[row.step]?.[0] ?? ''),
      attempt: row.attempts,
      fences: this.#claimed.fences,
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

const tooLate = (plan: OperationPlan, last: string | null): Cause => ({
  code: 'deadline',
  message: `Not finished within ${plan.deadlineS} seconds${last === null ? '.' : `; the last problem was: ${last}`}`,
  retryable: true,
})

function asFailure(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StepFailure('retry', { code: 'unexpected', message, retryable: true }, { cause: error })
}
