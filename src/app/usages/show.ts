/** How full a share or snapshot is: whose measurement to look at, what it says, and how to ask for a new one. */
import { scopeOf, type Ctx } from '../context.ts'
import { backendLabelOf } from '../../db/store/backend-labels.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { snapshotInstancesOf } from '../../db/store/snapshots.ts'
import { usageOf, usagesOfShares, type ShareUsageRow, type UsageRow } from '../../db/store/usages.ts'
import { busTopic } from '../../engine/topics.ts'
import { findShareAs } from '../shares/find.ts'
import { findSnapshotAs } from '../snapshots/find.ts'

/** What is measured. */
export interface Measured {
  /** Of the share or snapshot. */
  readonly id: string
  readonly sizeGib: number
  /** Of the instance: the key of its measurement. */
  readonly instanceId: string
  /** Null when it is on no backend: there is nothing to measure. */
  readonly backendId: string | null
}

/** 403 for another project's public share: how full it is, is its owner's business. */
export async function measuredShare(ctx: Ctx, id: string): Promise<Measured> {
  const share = await findShareAs(ctx, id, 'share_usage:get')
  const instance = await instanceById(ctx.db, share.instance_id)
  return {
    id: share.id,
    sizeGib: share.size,
    instanceId: share.instance_id,
    backendId: instance?.backend_id ?? null,
  }
}

/** Of several at once, each as it was last measured, in the order asked for. What the caller may not see of is left out, as in lists. */
export async function lastUsages(ctx: Ctx, ids: readonly string[]): Promise<readonly ShareUsageRow[]> {
  ctx.policy.authorize('share_usage:get', ctx.identity)
  const rows = await usagesOfShares(ctx.db, scopeOf(ctx), ids)
  const mine = rows.filter((row) => ctx.policy.check('share_usage:get', ctx.identity, row))
  const found = new Map(mine.map((row) => [row.id, row]))
  return ids.flatMap((id) => found.get(id) ?? [])
}

export async function measuredSnapshot(ctx: Ctx, id: string): Promise<Measured> {
  const snapshot = await findSnapshotAs(ctx, id, 'share_usage:get')
  const all = await snapshotInstancesOf(ctx.db, snapshot.id)
  const chosen = all.find((row) => row.status === 'available') ?? all[0]
  const instance = chosen && (await instanceById(ctx.db, chosen.share_instance_id))
  return {
    id: snapshot.id,
    sizeGib: snapshot.size,
    instanceId: chosen?.id ?? '',
    backendId: instance?.backend_id ?? null,
  }
}

/** Undefined when it has not been measured yet. */
export function lastUsage(ctx: Ctx, { instanceId }: Measured): Promise<UsageRow | undefined> {
  return usageOf(ctx.db, instanceId)
}

/** Asks the share manager for a measurement of the whole backend; `atLeast` is the oldest stamp that answers this request. */
export function wantUsage(ctx: Ctx, backendId: string): { readonly atLeast: number } {
  const atLeast = ctx.clock.now()
  ctx.bus.cast(busTopic('share', backendId), 'usage.wanted', { backendId, atLeast })
  return { atLeast }
}

/** Calls `look` whenever a measurement of the backend was written; answers what stops that. */
export function onUsageMeasured(ctx: Ctx, backendId: string, look: () => void): () => void {
  return ctx.bus.serve('usages', 'usage.measured', (message) => {
    if (message.backendId === backendId) look()
  })
}

/** For sentences. */
export async function backendName(ctx: Ctx, backendId: string): Promise<string> {
  return (await backendLabelOf(ctx.db, backendId)) ?? backendId
}
