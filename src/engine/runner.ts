/**
 * Walks one operation: runs its steps in order, records each, resumes where a dead worker stopped, and on failure
 * undoes what was begun, in reverse. It stops at the first step that another service runs and hands the work over.
 */
import type { Store } from '../db/open.ts'
import { DatabaseUnavailable } from '../db/unavailable.ts'
import type { Tx } from '../db/schema.ts'
import type { Clock } from '../runtime/clock.ts'
import { inSpan } from '../tracing/spans.ts'
import type { OperationPlan } from '../model/operations.ts'
import type { Failpoint } from './failpoint.ts'
import { Hold, monotonicMs } from './hold.ts'
import { releaseLeases } from './lanes.ts'
import {
  StepFailure,
  type Cause,
  type Job,
  type Json,
  type OperationCode,
  type Plans,
  type Refusal,
  type Registry,
  type StepDone,
} from './operation.ts'
import {
  cancelRequested,
  causeColumns,
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
  | { readonly end: 'finished'; readonly lanes: readonly string[] }
  | { readonly end: 'handed-over'; readonly topic: string; readonly backendId: string | null }
  | { readonly end: 'waiting'; readonly forMs: number }
  | { readonly end: 'stopped' }

/**
 * Runs the operation as far as this topic can. `stop` is aborted when the process ends or loses its leases; `hold` is told of
 * the leases, and whoever renews them tells it of that.
 */
export async function run(
  parts: RunnerParts,
  id: string,
  stop: AbortSignal,
  hold: Hold = new Hold(),
): Promise<RunEnd> {
  const askedAtMs = monotonicMs()
  const claimed = await parts.store.transaction((tx) =>
    claim(tx, parts.store, {
      id,
      topic: parts.topic,
      holder: parts.holder,
      now: parts.clock.now(),
      knows: ({ kind, version }) => parts.plans[kind]?.version === version && parts.registry.has(kind),
    }),
  )
  if (claimed === null) return { end: 'not-mine' }
  hold.taken(claimed.lanes, askedAtMs)
  const walk = new Walk(parts, claimed, stop, hold)
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
  }
}

class Walk {
  readonly #parts: RunnerParts
  readonly #claimed: Claimed
  readonly #stop: AbortSignal
  readonly #hold: Hold
  readonly #plan: OperationPlan
  readonly #code: OperationCode
  #progressWrittenAt = 0

  constructor(parts: RunnerParts, claimed: Claimed, stop: AbortSignal, hold: Hold) {
    this.#parts = parts
    this.#claimed = claimed
    this.#stop = stop
    this.#hold = hold
    const plan = parts.plans[claimed.row.kind]
    const code = parts.registry.get(claimed.row.kind)
    if (plan === undefined || code === undefined || plan.version !== claimed.row.version) {
      throw new Error(`operation ${claimed.row.kind} version ${claimed.row.version} is unknown here`)
    }
    this.#plan = plan
    this.#code = code
  }

  async toTheEnd(): Promise<RunEnd> {
    for (;;) {
      if (this.#stop.aborted) {
        await this.letGo()
        return { end: 'stopped' }
      }
      const ended = this.#claimed.row.state === 'undoing' ? await this.#undoOne() : await this.#runOne()
      if (ended !== null) return ended
    }
  }

  // ------------------------------------------------------------------------------------------------- forwards

  async #runOne(): Promise<RunEnd | null> {
    const { row } = this.#claimed
    const planned = this.#plan.steps[row.step]
    if (planned === undefined) throw new Error(`operation ${row.id} has no step ${row.step}`)
    const [name, on] = planned
    if (on !== this.#parts.topic) return this.#handOver(on)
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
    this.#claimed.begun.add(name)
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
    await this.#record(async (tx) => {
      backendId = row.backend_id
      await stepEnded(tx, row, row.step, 'done', output, now)
      await done.commit?.(tx, { route: (id) => (backendId = id) })
      if (last) {
        await finish(tx, this.#claimed, 'done', null, now)
        await releaseLeases(tx, this.#claimed.lanes, this.#parts.holder)
      } else {
        await update(tx, row, {
          step: row.step + 1,
          attempts: 0,
          backend_id: backendId,
          progress: overallProgress(this.#plan, row.step + 1, 0),
          ...causeColumns(null),
          updated_at: now,
        })
      }
    })
    if (last) return this.#finished('done')
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
    if (on !== this.#parts.topic) return this.#handOver(on)
    let undone = true
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
    await this.#record(async (tx) => {
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
      }
    })
    if (undone) begun.delete(name)
    if (row.step > 0) {
      row.step -= 1
      row.attempts = 0
      return null
    }
    if (row.undo_then === 'place-again' && clean) return { end: 'waiting', forMs: 0 }
    return this.#finished(state)
  }

  // -------------------------------------------------------------------------------------------------- leaving

  /** The next step belongs to another service. */
  async #handOver(topic: string): Promise<RunEnd> {
    const { row, lanes } = this.#claimed
    await this.#record(async (tx) => {
      await update(tx, row, { topic, updated_at: this.#parts.clock.now() })
      await releaseLeases(tx, lanes, this.#parts.holder)
    })
    return { end: 'handed-over', topic, backendId: row.backend_id }
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

  #finished(outcome: 'done' | 'failed' | 'cancelled'): RunEnd {
    const { row, lanes } = this.#claimed
    const seconds = (this.#parts.clock.now() - row.created_at) / 1_000_000
    this.#parts.observe?.({ kind: row.kind, outcome, seconds })
    this.#parts.log.info(
      { operation_id: row.id, request_id: row.request_id, resource_id: row.resource_id, seconds },
      `${row.kind}: ${outcome}`,
    )
    return { end: 'finished', lanes }
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
    return [...this.#claimed.begun].some((begun) => begun !== name)
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
      fence: row.fence,
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

const cancelled: Cause = { code: 'cancelled', message: 'Cancelled on request.', retryable: true }

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

function causeOf(row: Claimed['row']): Cause {
  return {
    code: row.cause_code ?? 'unknown',
    message: row.cause_message ?? 'Unknown error.',
    retryable: row.cause_retryable === 1,
    detailId: row.cause_detail_id,
  }
}
