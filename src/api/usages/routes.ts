/** Usage figures over HTTP. */
import type { Ctx } from '../../app/context.ts'
import { lastUsage, measuredShare, measuredSnapshot, type Measured } from '../../app/usages/show.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { showShareUsage, showSnapshotUsage } from '../../wire/usages/schema.ts'
import { booleanQuery } from '../lists.ts'
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
  // A driver's own words are for whoever runs it.
  const said = row?.reason ?? null
  const reason = said === null || ctx.policy.check('share_usage:get_detail', ctx.identity) ? said : noFigure
  const unmeasured = backendId === null ? 'It is on no backend.' : 'It has not been measured yet.'
  return {
    usage: {
      id: what.id,
      size_gib: what.sizeGib,
      used_bytes: row?.used_bytes ?? null,
      referenced_bytes: row?.referenced_bytes ?? null,
      exclusive_bytes: row?.exclusive_bytes ?? null,
      reason: row === undefined ? unmeasured : reason,
      method: row?.method ?? null,
      measured_at: row === undefined ? null : isoMicros(row.measured_at),
    },
  }
}

export const usageRoutes: readonly Route[] = [
  route(showShareUsage, { waits: true }, async (ctx, { params, query }) =>
    usage(ctx, await measuredShare(ctx, params.id ?? ''), query),
  ),
  route(showSnapshotUsage, { waits: true }, async (ctx, { params, query }) =>
    usage(ctx, await measuredSnapshot(ctx, params.id ?? ''), query),
  ),
]
