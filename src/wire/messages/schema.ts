/** User messages: why something a tenant asked for did not happen. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Links, Nullable, Optional, pageQuery, Time } from '../types.ts'

const Message = Type.Object({
  id: Type.String(),
  project_id: Type.String(),
  action_id: Type.String(),
  detail_id: Type.String(),
  message_level: Type.String(),
  created_at: Time,
  expires_at: Time,
  request_id: Nullable(Type.String()),
  resource_type: Nullable(Type.String()),
  resource_id: Nullable(Type.String()),
  user_message: Type.String(),
  links: Links,
})

export const listMessages = endpoint({
  id: 'listMessages',
  method: 'GET',
  path: '/messages',
  since: 37,
  policy: 'message:get_all',
  status: 200,
  query: Type.Object({
    ...pageQuery,
    resource_type: Optional(Type.String()),
    resource_id: Optional(Type.String()),
    action_id: Optional(Type.String()),
    detail_id: Optional(Type.String()),
    message_level: Optional(Type.String()),
    request_id: Optional(Type.String()),
    created_since: Optional(Type.String()),
    created_before: Optional(Type.String()),
  }),
  reply: Type.Object({ messages: Type.Array(Message), messages_links: Optional(Links) }),
  summary: 'Lists user messages.',
})
export const showMessage = endpoint({
  id: 'showMessage',
  method: 'GET',
  path: '/messages/:id',
  since: 37,
  policy: 'message:get',
  status: 200,
  reply: Type.Object({ message: Message }),
  summary: 'Shows one user message.',
})
export const deleteMessage = endpoint({
  id: 'deleteMessage',
  method: 'DELETE',
  path: '/messages/:id',
  since: 37,
  policy: 'message:delete',
  status: 204,
  summary: 'Deletes a user message.',
})
