/**
 * What an operation is to the engine: a list of steps with a do and, where something has to be taken back, an undo.
 * The engine (this file, `runner.ts`, `lanes.ts`, `queue.ts`) runs them, records each in the database, resumes after a
 * crash and unwinds on failure. It knows no resource by name.
 *
 * The laws it gives a step: it runs at least once, perhaps many times, never at the same time as another step of the
 * same lane; `commit` runs in the very transaction that records the step, so what it writes is there exactly when the
 * step is done. What a step must do in return: be idempotent by the ids in its payload.
 */
import type { Tx } from '../db/schema.ts'
import {
  planKey,
  versionsOf,
  type OperationKind,
  type OperationPayloads,
  type Plans,
  type StepName,
} from '../model/operations.ts'
import { joinedBy, startedBy, type OperationPlan, type Topic } from '../model/operations/plan.ts'
import type { Unmet } from '../model/unmet.ts'

/** How a failed step goes on. */
export type FailureOutcome =
  /** Try the same step again after a pause. */
  | 'retry'
  /**
   * As `retry`, but this try does not count: what the step needs is on its way, as a backend is after a restart. Only the
   * operation's deadline ends it.
   */
  | 'wait'
  /** Undo everything and end in failure. */
  | 'unwind'
  /** Undo everything and let the scheduler choose another pool. */
  | 'place-again'

/** What went wrong, for the person who asked. */
export interface Cause {
  /** A machine-readable code: `share-type-unsupported`, `deadline`, `no-valid-host`… */
  readonly code: string
  readonly message: string
  /** Whether asking again may help. */
  readonly retryable: boolean
  /** Manila's message detail id (`009`), where one fits better than "unknown error". */
  readonly detailId?: string | null
  /** What was asked for and no backend has. */
  readonly unmet?: Unmet | null
}

/** Thrown by a step to say how to go on; anything else thrown counts as `retry`. */
export class StepFailure extends Error {
  readonly outcome: FailureOutcome
  readonly cause_: Cause
  readonly retryAfterS: number | null
  /** Stored on the operation for administrators: which pool was refused by what. */
  readonly refusals: readonly Refusal[] | null
  /** This try had no effect at all. Unless an earlier one may have had one, there is nothing of the step to undo. */
  readonly untouched: boolean
  constructor(
    outcome: FailureOutcome,
    cause: Cause,
    options: ErrorOptions & {
      retryAfterS?: number | null
      refusals?: readonly Refusal[]
      untouched?: boolean
    } = {},
  ) {
    super(cause.message, options)
    this.name = 'StepFailure'
    this.outcome = outcome
    this.cause_ = cause
    this.retryAfterS = options.retryAfterS ?? null
    this.refusals = options.refusals ?? null
    this.untouched = options.untouched ?? false
  }
}

export interface Refusal {
  readonly pool: string
  readonly filter: string
  readonly why: string
}

/** What a step is given. */
export interface Job<Kind extends OperationKind = OperationKind> {
  readonly operationId: string
  readonly kind: Kind
  readonly payload: OperationPayloads[Kind]
  readonly requestId: string
  readonly projectId: string
  readonly userId: string
  /** Microseconds: when it was asked for. */
  readonly askedAtUs: number
  /** What earlier steps returned, by step name. */
  readonly outputs: Readonly<Record<string, Json>>
  /** Pools that already failed this operation. */
  readonly refusals: readonly Refusal[]
  /** In an undo: a later step could not be undone, so something of it may be left on the backend. */
  readonly leftBehind: boolean
  /** 1 for the first try of this step. */
  readonly attempt: number
  /** By lane: the fence of each lane that the operation holds. It grows whenever the lane changes hands. */
  readonly fences: Readonly<Record<string, number>>
  /** How the children ended, in the order in which they were started; empty but in the step that joins them. */
  readonly children: readonly ChildEnd[]
  /** False once the lane's lease may have run out: asked again right before every effect. */
  owned(): boolean
  /** Milliseconds this step may take; `signal` is aborted then, or when the lane is lost or the process stops. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
  /** 0–100 within this step; written at most once a second. */
  progress(percent: number): void
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A child operation as a step asks for it. Project, user, request and rank are its parent's. */
export interface Child<Kind extends OperationKind = OperationKind> {
  readonly kind: Kind
  readonly payload: OperationPayloads[Kind]
  readonly resourceId: string
  /**
   * As of any operation, the first guards the effects. A lane that exists already must be one of the parent's: it took all of
   * them when it was enqueued. Lanes of what the child makes are new; the parent gets a place in them too, so that the
   * family has them until all of it is over.
   */
  readonly lanes: readonly [string, ...string[]]
  readonly backendId: string | null
}

export type AnyChild = { [Kind in OperationKind]: Child<Kind> }[OperationKind]

/** What became of a child. */
export interface ChildEnd {
  readonly id: string
  readonly kind: string
  /** 1 for the first that the step named. */
  readonly number: number
  readonly resourceId: string
  readonly payload: unknown
  readonly state: 'done' | 'failed' | 'cancelled'
  /** Null when it is done. */
  readonly cause: Cause | null
}

export interface StepDone {
  /** Kept for later steps and for the undo; at most 64 KiB, never a secret. */
  readonly output?: Json
  /** Runs in the transaction that records the step; awaits nothing but `tx`. */
  readonly commit?: (tx: Tx, record: StepRecord) => Promise<void>
  /**
   * Of a step whose plan says `starts`: written in the transaction that records the step, after `commit`; at most
   * {@link maxChildren}. Ids come from the operation, the step and the place in this list, so a repeated step must answer the
   * same list, and then starts nothing twice.
   */
  readonly children?: readonly AnyChild[]
}

/** Children of one step. */
export const maxChildren = 1000

/** What a commit may tell the engine about the operation itself. */
export interface StepRecord {
  /** Hands the following `share` steps to this backend. */
  route(backendId: string): void
  /**
   * Does `work` as the last thing of the transaction: for rows that many wait for. What it throws undoes everything, and then the
   * step is done again by itself, where this is null.
   */
  readonly last: ((work: (tx: Tx) => Promise<void>) => void) | null
}

// Method syntax on purpose: codes of different kinds live in one registry.
interface AnyStep<Kind extends OperationKind> {
  /** Takes back what the step did or may have done. Without it, say why none is needed. */
  undo?(job: Job<Kind>): Promise<StepDone | void>
  /**
   * Of a step that starts children, while the parent unwinds: writes in the resource of a finished child that it is being taken
   * back (its status: `deleting`), in the transaction that starts the compensating child.
   */
  compensating?(tx: Tx, job: Job<Kind>, finished: ChildEnd): Promise<void>
}

/** A step with effects outside of the database. */
export interface EffectStep<Kind extends OperationKind> extends AnyStep<Kind> {
  run(job: Job<Kind>): Promise<StepDone | void>
}

/**
 * A step that is nothing but what it writes. It may share a transaction with the claim, the steps beside it and the end, so it
 * costs no commit of its own; what it throws undoes all of that, and the engine does it again, one thing at a time.
 */
export interface WriteStep<Kind extends OperationKind> extends AnyStep<Kind> {
  /** Awaits nothing but `tx`. */
  write(tx: Tx, job: Job<Kind>, record: StepRecord): Promise<void>
}

export type StepCode<Kind extends OperationKind> = EffectStep<Kind> | WriteStep<Kind>

export interface OperationCode<Kind extends OperationKind = OperationKind> {
  readonly kind: Kind
  readonly version: number
  readonly topic: Topic
  readonly steps: Readonly<Record<string, StepCode<Kind>>>
  /**
   * Writes the end of a failed operation: the resource's state and the user's message, in the transaction that marks it
   * failed. `undone` is false when an undo gave up: something may be left on the backend.
   */
  failed(tx: Tx, job: Job<Kind>, cause: Cause, undone: boolean): Promise<void>
}

/**
 * Declares the code of the steps that `topic` runs of a version of `kind`, the first unless it says another. The plan
 * (`model/operations/<kind>.ts`) decides which exist; a missing or misspelt one is refused at start by {@link registry}.
 */
export function operation<Kind extends OperationKind>(
  kind: Kind,
  topic: Topic,
  code: {
    readonly version?: number
    readonly steps: Partial<Readonly<Record<StepName<Kind>, StepCode<Kind>>>>
    readonly failed: OperationCode<Kind>['failed']
  },
): OperationCode<Kind> {
  return {
    kind,
    version: code.version ?? 1,
    topic,
    steps: code.steps as OperationCode<Kind>['steps'],
    failed: code.failed,
  }
}

/** By {@link planKey}. */
export type Registry = ReadonlyMap<string, OperationCode>

/** The code of some kind. */
export type AnyOperationCode = { [Kind in OperationKind]: OperationCode<Kind> }[OperationKind]

/** The code of one topic. Throws when it does not fit the plans. */
export function registry(topic: Topic, plans: Plans, codes: readonly AnyOperationCode[]): Registry {
  const byKey = new Map<string, OperationCode>()
  for (const code of codes as readonly OperationCode[]) {
    if (code.topic !== topic) throw new Error(`operation ${code.kind} is for ${code.topic}, not for ${topic}`)
    byKey.set(planKey(code.kind, code.version), code)
  }
  for (const [kind, versions] of Object.entries(plans)) {
    for (const [version, plan] of Object.entries(versions)) {
      checkPlan(planKey(kind, Number(version)), plan)
      checkCode(topic, planKey(kind, Number(version)), plan, byKey)
    }
  }
  for (const { kind, version } of byKey.values()) {
    if (versionsOf(kind, plans).includes(version)) continue
    throw new Error(`there is no plan ${planKey(kind, version)}: see model/operations.ts`)
  }
  return byKey
}

function checkPlan(key: string, { steps }: OperationPlan): void {
  for (const [at, step] of steps.entries()) {
    const starts = startedBy(step) !== null
    // Nothing runs of a parent while its children do: it would need the lanes that they work in.
    if (starts !== (joinedBy(steps[at + 1]) === step[0])) {
      throw new Error(
        `step "${step[0]}" of ${key} starts children: the next one must join them, and no other`,
      )
    }
  }
  if (joinedBy(steps[0]) !== null) throw new Error(`the first step of ${key} has no children to join`)
}

function checkCode(topic: Topic, key: string, plan: OperationPlan, byKey: Registry): void {
  const code = byKey.get(key)
  const own = plan.steps.filter(([, on]) => on === topic)
  for (const [step, , manner] of own) {
    if (code?.steps[step] === undefined) throw new Error(`no code for step "${step}" of ${key} on ${topic}`)
    if (manner === 'stays' && code.steps[step].undo !== undefined)
      throw new Error(`step "${step}" of ${key} stays, and yet has an undo`)
  }
  for (const step of Object.keys(code?.steps ?? {})) {
    if (!own.some(([name]) => name === step))
      throw new Error(`${key} has no step "${step}" on ${topic}: see model/operations.ts`)
  }
}
