/** `share.exists`: at the end of each period, one notification for every share there is. */
import type { NotificationSettings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import { auditDueAt, existingShares, namesOf, planAudit } from '../db/store/notifications.ts'
import type { Clock } from '../runtime/clock.ts'
import { existsOf, type Notification } from './payload.ts'

export interface AuditParts {
  readonly store: Store
  readonly clock: Clock
  readonly settings: NotificationSettings
  send(some: readonly Notification[]): Promise<void>
}

const page = 200

/**
 * Does nothing unless a period has ended. A pass that was interrupted begins again, under the same ids; periods that
 * ended while nobody could send are not made up for, except the last.
 */
export async function auditShares({ store, clock, settings, send }: AuditParts): Promise<void> {
  const lengthUs = settings.exists_interval_s * 1_000_000
  if (lengthUs === 0) return
  const { db } = store
  const now = clock.now()
  const lastEnd = Math.floor(now / lengthUs) * lengthUs
  const due = await auditDueAt(db)
  if (due === null) return planAudit(db, lastEnd + lengthUs)
  if (due > now) return
  const names = await namesOf(db)
  const period = { from: lastEnd - lengthUs, to: lastEnd }
  for (let afterId: string | undefined = ''; afterId !== undefined;) {
    const shares = await existingShares(db, afterId, page)
    // Made after the period ended: it is in the next one.
    await send(
      shares.filter(({ share }) => share.created_at < period.to).map((one) => existsOf(one, names, period)),
    )
    afterId = shares.at(-1)?.share.id
  }
  await planAudit(db, lastEnd + lengthUs)
}
