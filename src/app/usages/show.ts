/**
 * How full a share or snapshot is, as last measured, or measured now. The one verb that waits for another service: it is a
 * reading request, holds no transaction, and gives up after `api.usage_wait_s`.
 */
import type { Ctx } from '../context.ts'
import { backendLabelOf } from '../../db/store/backend-labels.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { snapshotInstancesOf } from '../../db/store/snapshots.ts'
import { usageOf, type UsageRow } from '../../db/store/usages.ts'
import { busTopic } from '../../engine/queue.ts'
import { fault } from '../../model/errors.ts'
import { findShareToChange } from '../shares/find.ts'
import { findSnapshotToChange } from '../snapshots/find.ts'

export interface ShownUsage {
  /** Of the share or snapshot. */
  readonly id: string
  readonly sizeGib: number
  readonly measured: UsageRow | null
  /** Why there is no measurement; null when there is one. */
  readonly reason: string | null
}

/** 403 for another project's public share: how full it is, is its owner's business. */
export async function shareUsage(ctx: Ctx, id: string, refresh: boolean): Promise<ShownUsage> {
  const share = await findShareToChange(ctx, id, 'share_usage:get')
  const instance = await instanceById(ctx.db, share.instance_id)
  const where = { rowId: share.instance_id, backendId: instance?.backend_id ?? null }
  return { id: share.id, sizeGib: share.size, ...(await measurement(ctx, where, refresh)) }
}

export async function snapshotUsage(ctx: Ctx, id: string, refresh: boolean): Promise<ShownUsage> {
  const snapshot = await findSnapshotToChange(ctx, id, 'share_usage:get')
  const all = await snapshotInstancesOf(ctx.db, snapshot.id)
  const chosen = all.find((row) => row.status === 'available') ?? all[0]
  const instance = chosen && (await instanceById(ctx.db, chosen.share_instance_id))
  const where = { rowId: chosen?.id ?? '', backendId: instance?.backend_id ?? null }
  return { id: snapshot.id, sizeGib: snapshot.size, ...(await measurement(ctx, where, refresh)) }
}

interface Where {
  /** Key of `usages`. */
  readonly rowId: string
  readonly backendId: string | null
}

async function measurement(
  ctx: Ctx,
  where: Where,
  refresh: boolean,
): Promise<Pick<ShownUsage, 'measured' | 'reason'>> {
  if (where.backendId === null) return { measured: null, reason: 'It is on no backend.' }
  const measured =
    refresh ? await freshMeasurement(ctx, where.rowId, where.backendId) : await usageOf(ctx.db, where.rowId)
  if (measured === undefined) return { measured: null, reason: 'It has not been measured yet.' }
  return { measured, reason: measured.reason }
}

/** Between looks when no message comes: the message is only a hint. */
const lookEveryMs = 250

async function freshMeasurement(ctx: Ctx, rowId: string, backendId: string): Promise<UsageRow> {
  const atLeast = ctx.clock.now()
  const giveUpAt = performance.now() + ctx.settings.api.usage_wait_s * 1000
  let wake = (): void => {}
  const stop = ctx.bus.serve('usages', 'usage.measured', (message) => {
    if (message.backendId === backendId) wake()
  })
  try {
    ctx.bus.cast(busTopic('share', backendId), 'usage.wanted', { backendId, atLeast })
    while (performance.now() < giveUpAt) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookEveryMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      const row = await usageOf(ctx.db, rowId)
      if (row !== undefined && row.measured_at >= atLeast) return row
    }
  } finally {
    stop()
  }
  const label = (await backendLabelOf(ctx.db, backendId)) ?? backendId
  throw fault('Unavailable', {
    message: `Backend ${label} has not measured it within ${ctx.settings.api.usage_wait_s} s: ask again, or without refresh for the last figures.`,
    retryAfterS: ctx.settings.api.usage_wait_s,
  })
}
