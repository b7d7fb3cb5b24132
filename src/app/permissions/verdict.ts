/**
 * What a caller may do with something: decided by the same policy, the same gates and the same quotas that the verbs ask, in their order, and
 * before anything is asked for. A verb may still refuse what its own arguments make of it.
 */
import type { Excess } from '../../db/store/quota-room.ts'
import { fault } from '../../model/errors.ts'
import type { FaultCode } from '../../model/errors.ts'
import type { Barrier, BarrierKind } from '../../model/gates/barrier.ts'
import type { Target } from '../../policy/evaluate.ts'
import type { Ctx } from '../context.ts'

/** How an action is asked for. */
export interface Action {
  /** The endpoint's id. */
  readonly endpoint: string
  /** First minor at which it can be asked for, where that is later than the endpoint. */
  readonly since?: number
  /** Rule of the route; asked about the caller's own and, with a target, about that. */
  readonly rule: string
  /** Rule that is asked besides, about the caller's own. */
  readonly also?: string
}

export type RefusalCode = 'policy' | BarrierKind | 'quota'

export interface Verdict extends Action {
  readonly action: string
  /** Null when it is allowed. */
  readonly refusal: {
    readonly code: RefusalCode
    /** What the verb would answer. */
    readonly status: number
    readonly reason: string
  } | null
}

/** A resource with what may be done with it. */
export interface Judged {
  readonly id: string
  readonly verdicts: readonly Verdict[]
}

export interface About {
  /** Absent where the rule is only asked about the caller's own. */
  readonly target?: Target
  readonly barrier?: Barrier | null
  readonly excess?: Excess | null
  /** How the verb says that a quota is reached. */
  readonly overQuota?: FaultCode
}

export const own = (endpoint: string, rule: string, more: Partial<Action> = {}): Action => ({
  endpoint,
  rule,
  ...more,
})

/** Judges every action of a table; `about` is asked once for each. */
export function judge<Name extends string>(
  ctx: Ctx,
  actions: Readonly<Record<Name, Action>>,
  about: Readonly<Record<Name, About>>,
): Verdict[] {
  return (Object.entries(actions) as [Name, Action][]).map(([name, action]) => ({
    ...action,
    action: name,
    refusal: refusalOf(ctx, action, about[name]),
  }))
}

function refusalOf(ctx: Ctx, { rule, also }: Action, about: About): Verdict['refusal'] {
  const { target, barrier = null, excess = null, overQuota = 'OverQuota' } = about
  const failed = [
    ...(ctx.policy.check(rule, ctx.identity) ? [] : [rule]),
    ...(target === undefined || ctx.policy.check(rule, ctx.identity, target) ? [] : [rule]),
    ...(also === undefined || ctx.policy.check(also, ctx.identity) ? [] : [also]),
  ][0]
  if (failed !== undefined) return refusal('policy', 'Forbidden', { rule: failed })
  if (barrier !== null) return refusal(barrier.kind, barrier.fault, { message: barrier.message })
  if (excess !== null) return refusal('quota', overQuota, { message: excess.message })
  return null
}

function refusal(code: RefusalCode, name: FaultCode, detail: Record<string, string>): Verdict['refusal'] {
  const { status, message: reason } = fault(name, detail)
  return { code, status, reason }
}
