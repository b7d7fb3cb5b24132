/** A user message, the same on every version that has them. */
import type { MessageRow } from '../../db/store/messages.ts'
import type { Ctx } from '../../app/context.ts'
import { userMessage } from '../../model/causes.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { selfLinks } from '../lists.ts'
import type { UrlParts } from '../route.ts'

export const messageView = (ctx: Ctx, url: UrlParts, row: MessageRow): object => ({
  id: row.id,
  project_id: row.project_id,
  action_id: row.action_id,
  detail_id: row.detail_id,
  message_level: row.message_level,
  created_at: isoMicros(row.created_at),
  expires_at: isoMicros(row.expires_at),
  request_id: row.request_id,
  resource_type: row.resource_type,
  resource_id: row.resource_id,
  user_message: userMessage(
    row.action_id,
    { code: row.cause_code, detailId: row.detail_id, unmet: row.cause_unmet },
    ctx.policy.check('operation:get_cause_detail', ctx.identity),
  ),
  links: selfLinks(url, 'messages', row.id),
})
