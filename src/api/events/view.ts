/** Events as text of a stream, as the HTML standard defines it (9.2, server-sent events). */
import type { OrderedEvent } from '../../db/store/event-order.ts'
import type { Static } from 'typebox'
import { isoMicros } from '../../runtime/clock.ts'
import type { Event } from '../../wire/events/schema.ts'

/** Milliseconds after which a client that was cut off asks again. */
const retryMs = 2000

export function changeText(event: OrderedEvent): string {
  // Only the status of what is recorded beside: the rest is for those who bill, or for administrators.
  const { to } = JSON.parse(event.detail) as { readonly to?: unknown }
  const data: Static<typeof Event> = {
    event: event.event,
    resource_type: event.resource_type,
    resource_id: event.resource_id,
    project_id: event.project_id,
    status: typeof to === 'string' ? to : null,
    request_id: event.request_id,
    operation_id: event.operation_id,
    created_at: isoMicros(event.created_at),
  }
  return `id: ${event.seq}\nevent: change\ndata: ${JSON.stringify(data)}\n\n`
}

/** `id`: where the client goes on when it comes again. */
export const messageText = (name: 'hello' | 'reset' | 'beat' | 'end', data: object, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\nretry: ${retryMs}\ndata: ${JSON.stringify(data)}\n\n`
