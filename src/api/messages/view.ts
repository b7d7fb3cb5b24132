/** A user message, the same on every version that has them. */
import type { MessageRow } from '../../db/store/messages.ts'
import { messageText } from '../../model/messages.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { selfLinks } from '../lists.ts'
import type { UrlParts } from '../route.ts'

export const messageView = (url: UrlParts, row: MessageRow): object => ({
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
  user_message: messageText(row.action_id, row.detail_id),
  links: selfLinks(url, 'messages', row.id),
})
