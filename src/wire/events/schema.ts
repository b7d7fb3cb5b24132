/** Events, ours beyond Manila: what changed, as it changes, as server-sent events. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Nullable, Optional, Time } from '../types.ts'

/** `data` of an event called `change`. It says what to look at again; what that is now, its own route says. */
export const Event = Type.Object({
  /** `share.status`, `access.applied`… */
  event: Type.String(),
  resource_type: Type.String(),
  resource_id: Type.String(),
  /** Empty for what is no project's. */
  project_id: Type.String(),
  /** Status after the event, where it changed it. */
  status: Nullable(Type.String()),
  request_id: Nullable(Type.String()),
  operation_id: Nullable(Type.String()),
  created_at: Time,
})

export const followEvents = endpoint({
  id: 'followEvents',
  method: 'GET',
  path: '/events',
  policy: 'event:follow',
  status: 200,
  query: Type.Object(
    {
      /** Several with commas. */
      resource_type: Optional(Type.String()),
      /** Several with commas. */
      resource_id: Optional(Type.String()),
      project_id: Optional(Type.String()),
      all_tenants: Optional(Type.String()),
      all_projects: Optional(Type.String()),
      /** As the header `Last-Event-ID`, for clients that can't send it. */
      last_event_id: Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
  reply: Event,
  replyType: 'text/event-stream',
  summary: 'Streams what changes, as server-sent events: `hello`, then `change` after `change`.',
})
