/** Who did what, of everybody: whoever may look at all may look at whatever he asks for. */
import type { Ctx } from '../context.ts'
import { listAuditEvents, type AuditFilters, type AuditPage } from '../../db/store/audit-events.ts'
import type { AuditEvent } from '../../model/audit.ts'

/** A page in the list's order. Throws 400 for a marker that is no row of this list. */
export const list = (ctx: Ctx, filters: AuditFilters, page: AuditPage): Promise<AuditEvent[]> =>
  listAuditEvents(ctx.db, filters, page)
