/** Resource locks, since 2.81. Their bodies are checked strictly: what is not named here is refused. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Links, Nullable, Optional, pageQuery, Text, Time, Uuid } from '../types.ts'

export const ResourceLock = Type.Object({
  id: Type.String(),
  user_id: Type.String(),
  project_id: Type.String(),
  lock_context: Type.String(),
  resource_type: Type.String(),
  resource_id: Type.String(),
  resource_action: Type.String(),
  lock_reason: Nullable(Type.String()),
  created_at: Time,
  updated_at: Nullable(Time),
  links: Links,
})

const Kind = Type.Union([Type.Literal('share'), Type.Literal('access_rule')], {
  says: 'one of share, access_rule',
})
const Action = Type.Union([Type.Literal('delete'), Type.Literal('show')], { says: 'one of delete, show' })
const Reason = Nullable(Text(1023))
const one = Type.Object({ resource_lock: ResourceLock })

export const CreateLock = Type.Object(
  {
    resource_lock: Type.Object(
      {
        resource_id: Uuid,
        resource_type: Optional(Kind),
        resource_action: Optional(Action),
        lock_reason: Optional(Reason),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
export const UpdateLock = Type.Object(
  {
    resource_lock: Type.Object(
      { resource_action: Optional(Action), lock_reason: Optional(Reason) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)

const text = Optional(Type.String())

export const listLocks = endpoint({
  id: 'listResourceLocks',
  method: 'GET',
  path: '/resource-locks',
  since: 81,
  policy: 'resource_lock:get_all',
  status: 200,
  query: Type.Object({
    ...pageQuery,
    id: text,
    user_id: text,
    project_id: text,
    resource_id: text,
    resource_type: text,
    resource_action: text,
    lock_context: text,
    lock_reason: text,
    'lock_reason~': text,
    created_since: text,
    created_before: text,
    all_projects: text,
    with_count: text,
  }),
  reply: Type.Object({ resource_locks: Type.Array(ResourceLock), count: Optional(Type.Integer()) }),
  summary: 'Lists resource locks.',
})
export const showLock = endpoint({
  id: 'showResourceLock',
  method: 'GET',
  path: '/resource-locks/:id',
  since: 81,
  policy: 'resource_lock:get',
  status: 200,
  reply: one,
  summary: 'Shows one resource lock.',
})
export const createLock = endpoint({
  id: 'createResourceLock',
  method: 'POST',
  path: '/resource-locks',
  since: 81,
  policy: 'resource_lock:create',
  status: 200,
  body: CreateLock,
  reply: one,
  summary: 'Locks a share against deletion, or an access rule against deletion or being seen.',
})
export const updateLock = endpoint({
  id: 'updateResourceLock',
  method: 'PUT',
  path: '/resource-locks/:id',
  since: 81,
  policy: 'resource_lock:update',
  status: 200,
  body: UpdateLock,
  reply: one,
  summary: 'Changes action or reason of a resource lock.',
})
export const deleteLock = endpoint({
  id: 'deleteResourceLock',
  method: 'DELETE',
  path: '/resource-locks/:id',
  since: 81,
  policy: 'resource_lock:delete',
  status: 204,
  summary: 'Removes a resource lock.',
})
