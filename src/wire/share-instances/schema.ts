/** Share instances, for administrators, since 2.3. */
import Type from 'typebox'
import { rulesStatuses, shareStatuses } from '../../model/states.ts'
import { endpoint } from '../endpoint.ts'
import { Nullable, Optional, pageQuery, RequiredText, Time, Word } from '../types.ts'

export const ShareInstance = Type.Object({
  id: Type.String(),
  share_id: Type.String(),
  availability_zone: Nullable(Type.String()),
  created_at: Time,
  host: Type.String(),
  status: Word(shareStatuses),
  share_network_id: Nullable(Type.String()),
  share_server_id: Nullable(Type.String()),
  access_rules_status: Optional(Word(rulesStatuses)),
  replica_state: Optional(Nullable(Type.String())),
  share_type_id: Optional(Nullable(Type.String())),
  cast_rules_to_readonly: Optional(Type.Boolean()),
  progress: Optional(Nullable(Type.String())),
  updated_at: Optional(Nullable(Time)),
})
const many = Type.Object({ share_instances: Type.Array(ShareInstance) })
const Nothing = Type.Union([Type.Null(), Type.Object({}), Type.String()], { says: 'null' })

export const listShareInstances = endpoint({
  id: 'listShareInstances',
  method: 'GET',
  path: '/share_instances',
  since: 3,
  policy: 'share_instance:index',
  status: 200,
  query: Type.Object({
    ...pageQuery,
    export_location_id: Optional(Type.String()),
    export_location_path: Optional(Type.String()),
    is_soft_deleted: Optional(Type.String()),
  }),
  reply: many,
  summary: 'Lists share instances.',
})
export const showShareInstance = endpoint({
  id: 'showShareInstance',
  method: 'GET',
  path: '/share_instances/:id',
  since: 3,
  policy: 'share_instance:show',
  status: 200,
  reply: Type.Object({ share_instance: ShareInstance }),
  summary: 'Shows one share instance.',
})
export const listInstancesOfShare = endpoint({
  id: 'listInstancesOfShare',
  method: 'GET',
  path: '/shares/:id/instances',
  since: 3,
  policy: 'share_instance:index',
  status: 200,
  reply: many,
  summary: 'Lists the instances of a share.',
})

const act = { method: 'POST', path: '/share_instances/:id/action', status: 202 } as const
export const resetShareInstanceStatus = endpoint({
  ...act,
  id: 'resetShareInstanceStatus',
  action: 'reset_status',
  since: 7,
  policy: 'share_instance:reset_status',
  body: Type.Object({ status: RequiredText() }),
  summary: 'Writes a status by hand.',
})
export const resetShareInstanceStatusLegacy = endpoint({
  ...resetShareInstanceStatus,
  id: 'resetShareInstanceStatusLegacy',
  action: 'os-reset_status',
  since: 3,
  until: 6,
})
export const forceDeleteShareInstance = endpoint({
  ...act,
  id: 'forceDeleteShareInstance',
  action: 'force_delete',
  since: 7,
  policy: 'share_instance:force_delete',
  body: Nothing,
  summary: 'Deletes a share instance in any status.',
})
export const forceDeleteShareInstanceLegacy = endpoint({
  ...forceDeleteShareInstance,
  id: 'forceDeleteShareInstanceLegacy',
  action: 'os-force_delete',
  since: 3,
  until: 6,
})
