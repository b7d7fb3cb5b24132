/** An operation in the hands of this process: what it has claimed, and what is known of it. */
import type { Tx } from '../../db/schema.ts'
import type { Claimed, OperationRow } from '../../db/store/operation-records.ts'
import { planKey, planOf } from '../../model/operations.ts'
import type { OperationPlan, Topic } from '../../model/operations/plan.ts'
import type { SpanOptions } from '../../tracing/spans.ts'
import { ownPlans } from '../agreement.ts'
import type { FamilyTerms } from '../families.ts'
import type { Hold } from '../hold.ts'
import type { ChildEnd, OperationCode, Refusal } from '../operation.ts'
import type { WorkUse } from '../work-use.ts'
import type { RunnerParts } from './parts.ts'

export class Walk {
  readonly parts: RunnerParts
  readonly stop: AbortSignal
  readonly hold: Hold
  readonly use: WorkUse
  // Set by the claim, before anything else is asked of a walk.
  claimed!: Claimed
  plan!: OperationPlan
  code!: OperationCode
  /** Milliseconds since the epoch. */
  progressWrittenAt = 0
  /** Of the step that is about to join them. */
  children: readonly ChildEnd[] = []
  /** The due step is on record as begun. */
  isBegun = false
  /** Steps that were begun before this process took the operation: what has become of them it does not know. */
  begunBefore: ReadonlySet<string> = new Set()
  /** Something that shared a transaction failed: from here on each thing has its own. */
  oneByOne = false

  constructor(parts: RunnerParts, stop: AbortSignal, hold: Hold, use: WorkUse) {
    this.parts = parts
    this.stop = stop
    this.hold = hold
    this.use = use
  }

  get row(): OperationRow {
    return this.claimed.row
  }

  /** Throws when its kind is unknown here. */
  know(claimed: Claimed): void {
    const { kind, version } = claimed.row
    const plan = planOf(kind, version, this.parts.plans)
    const code = this.parts.registry.get(planKey(kind, version))
    if (plan === null || code === undefined)
      throw new Error(`operation ${planKey(kind, version)} is unknown here`)
    this.claimed = claimed
    this.plan = plan
    this.code = code
  }

  /** The step that is due. */
  get planned(): OperationPlan['steps'][number] {
    const planned = this.plan.steps[this.row.step]
    if (planned === undefined) throw new Error(`operation ${this.row.id} has no step ${this.row.step}`)
    return planned
  }

  step(name: string): OperationCode['steps'][string] {
    const code = this.code.steps[name]
    if (code === undefined) throw new Error(`no code for step "${name}" of ${this.row.kind}`)
    return code
  }

  /** Whether this worker runs steps of that service, and of that backend where it matters. */
  isHere(on: Topic, backendId: string | null): boolean {
    const { topic, backendId: own } = this.parts
    return on === topic && (on !== 'share' || own === undefined || own === backendId)
  }

  get pastDeadline(): boolean {
    return this.parts.clock.now() > this.row.deadline_at
  }

  family(now: number): FamilyTerms {
    const { plans, agreement = ownPlans } = this.parts
    return { plans, agreement, now }
  }

  span(): [string, SpanOptions] {
    const { id, kind, request_id, resource_id, traceparent } = this.row
    const attributes = {
      'manila.operation_id': id,
      'manila.request_id': request_id,
      'manila.resource_id': resource_id,
    }
    return [kind, { attributes, parent: traceparent, kind: 'consumer' }]
  }

  record(body: (tx: Tx) => Promise<void>): Promise<void> {
    return this.parts.store.transaction(body)
  }
}

/** Whether a later step than `name` could not be undone. */
export const leftBehind = (begun: ReadonlyMap<string, unknown>, name: string): boolean =>
  [...begun.keys()].some((other) => other !== name)

export function refusalsOf(row: OperationRow): readonly Refusal[] {
  return row.refusals === null ? [] : (JSON.parse(row.refusals) as Refusal[])
}
