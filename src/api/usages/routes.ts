/** Usage figures over HTTP. */
import type { Ctx } from '../../app/context.ts'
import {
  poolHistory,
  projectHistory,
  shareHistory,
  type History,
  type HistoryInput,
} from '../../app/usages/history.ts'
import type { UsagePoint } from '../../db/store/usage-points.ts'
import type { UsageRow } from '../../db/store/usages.ts'
import type { UsageStep } from '../../model/usage-steps.ts'
import {
  lastUsage,
  lastUsages,
  measuredShare,
  measuredSnapshot,
  type Measured,
} from '../../app/usages/show.ts'
import { isoMicros } from '../../runtime/clock.ts'
import {
  listShareUsages,
  mostUsages,
  showPoolUsageHistory,
  showProjectUsageHistory,
  showShareUsage,
  showShareUsageHistory,
  showSnapshotUsage,
} from '../../wire/usages/schema.ts'
import { booleanQuery, idList, stampQuery } from '../lists.ts'
import { route, type Route } from '../route.ts'
import { freshUsage } from './wait.ts'

const noFigure = 'The backend that holds it has no such figure at present.'

type Query = Readonly<Record<string, string>>

/** The last figures, or with `refresh=true` new ones. */
async function usage(ctx: Ctx, what: Measured, query: Query): Promise<object> {
  const { backendId } = what
  // Unlike elsewhere an empty value asks for nothing: a measurement is not had for free.
  const refresh = query.refresh !== '' && booleanQuery(query, 'refresh') === true
  const row =
    refresh && backendId !== null ? await freshUsage(ctx, what, backendId) : await lastUsage(ctx, what)
  return { usage: usageView(ctx, what, row) }
}

type Figures = Pick<
  UsageRow,
  'used_bytes' | 'referenced_bytes' | 'exclusive_bytes' | 'reason' | 'method' | 'measured_at'
>

/** `row` undefined: it was never measured. */
function usageView(ctx: Ctx, what: Omit<Measured, 'instanceId'>, row: Figures | undefined): object {
  // A driver's own words are for whoever runs it.
  const said = row?.reason ?? null
  const reason = said === null || ctx.policy.check('share_usage:get_detail', ctx.identity) ? said : noFigure
  const unmeasured = what.backendId === null ? 'It is on no backend.' : 'It has not been measured yet.'
  return {
    id: what.id,
    size_gib: what.sizeGib,
    used_bytes: row?.used_bytes ?? null,
    referenced_bytes: row?.referenced_bytes ?? null,
    exclusive_bytes: row?.exclusive_bytes ?? null,
    reason: row === undefined ? unmeasured : reason,
    method: row?.method ?? null,
    measured_at: row === undefined ? null : isoMicros(row.measured_at),
  }
}

async function usages(ctx: Ctx, text: string): Promise<object> {
  const rows = await lastUsages(ctx, idList(text, mostUsages))
  return {
    usages: rows.map(({ id, size, backend_id, measured_at, method, ...figures }) =>
      usageView(
        ctx,
        { id, sizeGib: size, backendId: backend_id },
        measured_at === null || method === null ? undefined : { ...figures, measured_at, method },
      ),
    ),
  }
}

const historyInput = (query: {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly step?: UsageStep['name'] | undefined
}): HistoryInput => ({
  since: stampQuery(query, 'since') ?? null,
  until: stampQuery(query, 'until') ?? null,
  step: query.step ?? null,
})

const historyView = (
  { id, stepS, since, until, points }: History,
  more: (point: UsagePoint) => object,
): object => ({
  usage_history: {
    id,
    step_s: stepS,
    since: isoMicros(since),
    until: isoMicros(until),
    points: points.map((point) => ({
      at: isoMicros(point.at),
      size_bytes: point.size_bytes,
      used_bytes: point.used_bytes,
      ...more(point),
    })),
  },
})

export const usageRoutes: readonly Route[] = [
  route(showShareUsage, { waits: true }, async (ctx, { params, query }) =>
    usage(ctx, await measuredShare(ctx, params.id ?? ''), query),
  ),
  route(showSnapshotUsage, { waits: true }, async (ctx, { params, query }) =>
    usage(ctx, await measuredSnapshot(ctx, params.id ?? ''), query),
  ),
  route(listShareUsages, {}, (ctx, { query }) => usages(ctx, query.id)),
  route(showShareUsageHistory, {}, async (ctx, { params, query }) =>
    historyView(await shareHistory(ctx, params.id ?? '', historyInput(query)), () => ({})),
  ),
  route(showProjectUsageHistory, {}, async (ctx, { query }) =>
    historyView(await projectHistory(ctx, query.project_id ?? null, historyInput(query)), ({ shares }) => ({
      shares,
    })),
  ),
  route(showPoolUsageHistory, {}, async (ctx, { query }) =>
    historyView(await poolHistory(ctx, query.pool, historyInput(query)), ({ placed_bytes }) => ({
      placed_bytes,
    })),
  ),
]
