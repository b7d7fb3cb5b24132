/**
 * Waiting for a measurement newer than the request. It happens here, at the edge, because nothing below may wait for
 * anything but the database; a reading request holds no transaction meanwhile.
 */
import { isAdmin, type Ctx } from '../../app/context.ts'
import { backendName, lastUsage, onUsageMeasured, wantUsage, type Measured } from '../../app/usages/show.ts'
import type { UsageRow } from '../../db/store/usages.ts'
import { fault } from '../../model/errors.ts'

/** Between looks when no message comes: the message is only a hint. */
const lookEveryMs = 250

/** 503 with Retry-After when nobody has measured within `api.usage_wait_s`. */
export async function freshUsage(ctx: Ctx, what: Measured, backendId: string): Promise<UsageRow> {
  const waitS = ctx.settings.api.usage_wait_s
  const giveUpAt = performance.now() + waitS * 1000
  let wake = (): void => {}
  const stop = onUsageMeasured(ctx, backendId, () => wake())
  try {
    const { atLeast } = wantUsage(ctx, backendId)
    while (performance.now() < giveUpAt) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookEveryMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      const row = await lastUsage(ctx, what)
      if (row !== undefined && row.measured_at >= atLeast) return row
    }
  } finally {
    stop()
  }
  const who = isAdmin(ctx) ? `Backend ${await backendName(ctx, backendId)}` : 'The backend that holds it'
  throw fault('Unavailable', {
    message: `${who} has not measured it within ${waitS} s: ask again, or without refresh for the last figures.`,
    retryAfterS: waitS,
  })
}
