/** Usage figures over HTTP. */
import { shareUsage, snapshotUsage, type ShownUsage } from '../../app/usages/show.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { showShareUsage, showSnapshotUsage } from '../../wire/usages/schema.ts'
import { booleanQuery } from '../lists.ts'
import { route, type Route } from '../route.ts'

function usageView({ id, sizeGib, measured, reason }: ShownUsage): object {
  return {
    usage: {
      id,
      size_gib: sizeGib,
      used_bytes: measured?.used_bytes ?? null,
      referenced_bytes: measured?.referenced_bytes ?? null,
      exclusive_bytes: measured?.exclusive_bytes ?? null,
      reason,
      method: measured?.method ?? null,
      measured_at: measured === null ? null : isoMicros(measured.measured_at),
    },
  }
}

const wanted = (query: Readonly<Record<string, string>>): boolean => booleanQuery(query, 'refresh') === true

export const usageRoutes: readonly Route[] = [
  route(showShareUsage, {}, async (ctx, { params, query }) =>
    usageView(await shareUsage(ctx, params.id ?? '', wanted(query))),
  ),
  route(showSnapshotUsage, {}, async (ctx, { params, query }) =>
    usageView(await snapshotUsage(ctx, params.id ?? '', wanted(query))),
  ),
]
