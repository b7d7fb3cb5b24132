/** Share groups: what goes over the wire at the newest microversion, and every endpoint of the resource. */
import Type from 'typebox'
import { shareGroupStatuses } from '../../model/states.ts'
import { action, endpoint } from '../endpoint.ts'
import { Links, Nullable, Optional, pageQuery, RequiredText, Text, Time, Uuid, Word } from '../types.ts'
import { sinceGroups } from './experimental.ts'

const NullableText = Nullable(Text())
const text = Optional(Type.String())

export const ShareGroup = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String()),
  created_at: Time,
  status: Word(shareGroupStatuses),
  description: Nullable(Type.String()),
  project_id: Type.String(),
  host: Nullable(Type.String()),
  share_group_type_id: Type.String(),
  source_share_group_snapshot_id: Nullable(Type.String()),
  share_network_id: Nullable(Type.String()),
  share_types: Type.Array(Type.String()),
  links: Links,
  availability_zone: Optional(Nullable(Type.String())),
  consistent_snapshot_support: Optional(Nullable(Type.String())),
  share_server_id: Optional(Nullable(Type.String())),
})
export const ShareGroupSummary = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String()),
  links: Links,
})

/** Other fields are refused. */
export const NewShareGroup = Type.Object(
  {
    name: Optional(NullableText),
    description: Optional(NullableText),
    share_types: Optional(
      Nullable(Type.Array(Uuid, { maxItems: 1000, says: 'a list of ids of share types' })),
    ),
    share_group_type_id: Optional(Nullable(Uuid)),
    source_share_group_snapshot_id: Optional(Nullable(Uuid)),
    share_network_id: Optional(Nullable(Uuid)),
    availability_zone: Optional(NullableText),
  },
  { additionalProperties: false },
)
export const CreateShareGroup = Type.Object({ share_group: NewShareGroup })

/** What of a group or a group snapshot may be changed; other fields are refused. */
export const GroupWords = Type.Object(
  { name: Optional(NullableText), description: Optional(NullableText) },
  { additionalProperties: false },
)

/** The filters are checked by the edge: which they are stands in the sentence that refuses another one. */
export const groupListQuery = Type.Object({ ...pageQuery, all_tenants: text, name: text, status: text })

export const GroupStatus = Type.Object({ status: RequiredText() })
export const Nothing = Type.Union([Type.Null(), Type.Object({}), Type.String()], { says: 'null' })

const one = Type.Object({ share_group: ShareGroup })
const path = '/share-groups'

export const listShareGroups = endpoint({
  ...sinceGroups,
  id: 'listShareGroups',
  method: 'GET',
  path,
  policy: 'share_group:get_all',
  status: 200,
  query: groupListQuery,
  reply: Type.Object({
    share_groups: Type.Array(ShareGroupSummary),
    share_groups_links: Optional(Links),
  }),
  summary: 'Lists share groups, ids and names only.',
})
export const listShareGroupsDetail = endpoint({
  ...sinceGroups,
  id: 'listShareGroupsDetail',
  method: 'GET',
  path: `${path}/detail`,
  policy: 'share_group:get_all',
  status: 200,
  query: groupListQuery,
  reply: Type.Object({ share_groups: Type.Array(ShareGroup), share_groups_links: Optional(Links) }),
  summary: 'Lists share groups with everything about each.',
})
export const showShareGroup = endpoint({
  ...sinceGroups,
  id: 'showShareGroup',
  method: 'GET',
  path: `${path}/:id`,
  policy: 'share_group:get',
  status: 200,
  reply: one,
  summary: 'Shows one share group.',
})
export const createShareGroup = endpoint({
  ...sinceGroups,
  id: 'createShareGroup',
  method: 'POST',
  path,
  policy: 'share_group:create',
  status: 202,
  body: CreateShareGroup,
  reply: one,
  summary: 'Asks for a new share group, empty or from a group snapshot.',
})
export const updateShareGroup = endpoint({
  ...sinceGroups,
  id: 'updateShareGroup',
  method: 'PUT',
  path: `${path}/:id`,
  policy: 'share_group:update',
  status: 200,
  body: Type.Object({ share_group: GroupWords }),
  reply: one,
  summary: 'Changes name or description.',
})
export const deleteShareGroup = endpoint({
  ...sinceGroups,
  id: 'deleteShareGroup',
  method: 'DELETE',
  path: `${path}/:id`,
  policy: 'share_group:delete',
  status: 202,
  summary: 'Deletes an empty share group.',
})
export const resetShareGroupStatus = action(path, 'reset_status', {
  ...sinceGroups,
  id: 'resetShareGroupStatus',
  policy: 'share_group:reset_status',
  body: GroupStatus,
  summary: 'Writes a status by hand.',
})
export const forceDeleteShareGroup = action(path, 'force_delete', {
  ...sinceGroups,
  id: 'forceDeleteShareGroup',
  policy: 'share_group:force_delete',
  body: Nothing,
  summary: 'Deletes a share group in any status, with its shares and group snapshots.',
})
