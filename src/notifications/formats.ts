/** How a notification looks on the wire: ours, or that of OpenStack's oslo.messaging, which its listeners read. */
import type { Outside } from '../bus/notifier.ts'
import { isoMicros } from '../runtime/clock.ts'
import type { Notification } from './payload.ts'

export type Format = 'manila' | 'oslo'

/** Of the envelope, ours. */
const envelopeVersion = 1

export function messageOf(one: Notification, format: Format, topic: string): Outside {
  return format === 'manila' ? plain(one) : oslo(one, topic)
}

/** The routing key is the event type, so a listener binds `share.#` or `*.delete.*`. */
function plain({ id, type, at, requestId, publisher, payload }: Notification): Outside {
  return {
    routingKey: type,
    messageId: id,
    type,
    body: {
      version: envelopeVersion,
      event_id: id,
      event_type: type,
      occurred_at: isoMicros(at),
      publisher_id: publisher,
      request_id: requestId,
      payload,
    },
  }
}

/** Envelope 2.0: the message is text inside. The routing key is topic and priority. */
function oslo(
  { id, type, at, projectId, requestId, publisher, payload }: Notification,
  topic: string,
): Outside {
  const message = {
    message_id: id,
    publisher_id: publisher,
    event_type: type,
    priority: 'INFO',
    payload,
    timestamp: isoMicros(at).replace('T', ' '),
    _unique_id: id.replaceAll('-', ''),
    _context_request_id: requestId,
    _context_project_id: projectId,
    _context_tenant: projectId,
  }
  return {
    routingKey: `${topic}.info`,
    messageId: id,
    type,
    body: { 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) },
  }
}
