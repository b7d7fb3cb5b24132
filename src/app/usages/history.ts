/** How full things were: what was kept of it, moment by moment, with gaps where nobody knows. */
import { poolIdOf } from '../../db/store/pools.ts'
import { usagePoints, type UsageKind, type UsagePoint } from '../../db/store/usage-points.ts'
import { fault, invalid } from '../../model/errors.ts'
import { stepFor, usageSteps, type UsageStep } from '../../model/usage-steps.ts'
import type { Ctx } from '../context.ts'
import { findShareAs } from '../shares/find.ts'

export interface HistoryInput {
  /** Microseconds; null: a day before `until`. */
  readonly since: number | null
  /** Microseconds; null: now. */
  readonly until: number | null
  /** Null: the finest that is kept so far back. */
  readonly step: UsageStep['name'] | null
}

export interface History {
  readonly id: string
  readonly stepS: number
  readonly since: number
  readonly until: number
  readonly points: readonly UsagePoint[]
}

/** Moments of one answer: all that is kept of any step, and room. */
const mostPoints = 1000
const dayUs = 86_400 * 1_000_000

/** 403 for another project's public share: how full it was, is its owner's business. */
export async function shareHistory(ctx: Ctx, id: string, input: HistoryInput): Promise<History> {
  const share = await findShareAs(ctx, id, 'share_usage:get')
  const range = rangeOf(ctx, input)
  // A point is left out where nothing has changed; the project's are not, so they tell when there was nobody to write any.
  const standsUs = range.standsS * 1_000_000
  const points = await usagePoints(ctx.db, 'share', share.id, { ...range, since: range.since - standsUs })
  const moments = await usagePoints(ctx.db, 'project', share.project_id, range)
  return { id: share.id, ...range, points: filled(points, moments, standsUs) }
}

/** Of the caller's project; of another one where the policy allows it. */
export async function projectHistory(
  ctx: Ctx,
  projectId: string | null,
  input: HistoryInput,
): Promise<History> {
  const id = projectId ?? ctx.identity.projectId
  if (id !== ctx.identity.projectId) ctx.policy.authorize('share_usage:get_all_projects', ctx.identity)
  return historyOf(ctx, 'project', id, rangeOf(ctx, input))
}

/** `label`: `host@backend#pool`. */
export async function poolHistory(ctx: Ctx, label: string, input: HistoryInput): Promise<History> {
  const id = await poolIdOf(ctx.db, label)
  if (id === null) throw fault('NotFound')
  return { ...(await historyOf(ctx, 'pool', id, rangeOf(ctx, input))), id: label }
}

interface Range {
  readonly stepS: number
  readonly standsS: number
  readonly since: number
  readonly until: number
}

async function historyOf(ctx: Ctx, kind: UsageKind, id: string, range: Range): Promise<History> {
  return { id, ...range, points: await usagePoints(ctx.db, kind, id, range) }
}

function rangeOf(ctx: Ctx, input: HistoryInput): Range {
  const now = ctx.clock.now()
  const until = input.until ?? now
  const since = input.since ?? until - dayUs
  if (since >= until) throw invalid('since must be before until')
  const step = usageSteps.find(({ name }) => name === input.step) ?? stepFor((now - since) / 1_000_000)
  if ((until - since) / (step.seconds * 1_000_000) > mostPoints) {
    throw invalid(
      `since and until must be at most ${mostPoints} steps of ${step.name} apart: ask for a coarser step`,
    )
  }
  return { stepS: step.seconds, standsS: step.standsS, since, until }
}

/** A point at each of the moments: the last one before it, as long as that stands. */
export function filled(
  points: readonly UsagePoint[],
  moments: readonly { readonly at: number }[],
  standsUs: number,
): UsagePoint[] {
  const all: UsagePoint[] = []
  let next = 0
  let last: UsagePoint | undefined
  for (const { at } of moments) {
    for (; (points[next]?.at ?? Infinity) <= at; next++) last = points[next]
    if (last !== undefined && at - last.at <= standsUs) all.push({ ...last, at })
  }
  return all
}
