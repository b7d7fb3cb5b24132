/** Quotas as the newest microversion shows them. */
import type { Ctx } from '../../app/context.ts'
import { notPerType, type OwnedQuotas } from '../../app/quotas/sets.ts'
import type { QuotaResource } from '../../model/quota.ts'
import { lower, without, type JsonObject } from '../../wire/changes.ts'
import { quotaChanges } from '../../wire/quotas/changes.ts'

type PerResource = Readonly<Record<QuotaResource, unknown>>

/** One value per resource. A null `id` is left out, as in the reply to PUT. */
export function limitsView(ctx: Ctx, id: string | null, values: PerResource): JsonObject {
  return lower(quotaChanges, ctx.minor, { ...(id === null ? {} : { id }), ...values })
}

export function quotaView(ctx: Ctx, id: string | null, { owner, table }: OwnedQuotas): JsonObject {
  const view = limitsView(
    ctx,
    id,
    mapped(table, ({ limit }) => limit),
  )
  return owner.scope === 'share_type' ? without(view, notPerType) : view
}

/** Nothing is ever reserved here: a request charges its quota in the transaction that creates the resource. */
export function detailView(ctx: Ctx, id: string, { owner, table }: OwnedQuotas): JsonObject {
  const view = limitsView(
    ctx,
    id,
    mapped(table, ({ limit, inUse }) => ({ limit, in_use: inUse, reserved: 0 })),
  )
  return owner.scope === 'share_type' ? without(view, notPerType) : view
}

function mapped(
  table: OwnedQuotas['table'],
  from: (line: { limit: number; inUse: number }) => unknown,
): PerResource {
  return Object.fromEntries(
    Object.entries(table).map(([resource, line]) => [resource, from(line)]),
  ) as unknown as PerResource
}
