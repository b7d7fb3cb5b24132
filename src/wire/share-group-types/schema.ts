/** Share group types, who may use them, and their group specs: bodies, replies and endpoints. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { sinceGroups } from '../share-groups/experimental.ts'
import { Bool, NotBlank, Nullable, Optional, RequiredText, Uuid } from '../types.ts'

/** Keys and values are judged by `model/group-specs.ts`, which knows what each means. */
const GroupSpecs = Type.Record(Type.String(), Type.Unknown(), {
  says: 'an object of group specs, such as {"consistent_snapshot_support": "pool"}',
})

export const ShareGroupType = Type.Object({
  id: Type.String(),
  name: Type.String(),
  is_public: Type.Boolean(),
  group_specs: Type.Record(Type.String(), Type.String()),
  share_types: Type.Array(Type.String()),
  is_default: Optional(Type.Boolean()),
})

export const CreateShareGroupType = Type.Object({
  share_group_type: Type.Object(
    {
      name: NotBlank(),
      // `openstack` sends names, the old shell ids.
      share_types: Type.Array(RequiredText(), {
        minItems: 1,
        maxItems: 1000,
        says: 'a list of names or ids of share types',
      }),
      group_specs: Optional(Nullable(GroupSpecs)),
      is_public: Optional(Nullable(Bool)),
    },
    { says: 'an object that describes the share group type' },
  ),
})

const one = Type.Object({ share_group_type: ShareGroupType })
const path = '/share-group-types'
const Project = Type.Object({ project: Uuid })

export const listShareGroupTypes = endpoint({
  ...sinceGroups,
  id: 'listShareGroupTypes',
  method: 'GET',
  path,
  policy: 'share_group_type:index',
  status: 200,
  query: Type.Object({ is_public: Optional(Type.String()), group_specs: Optional(Type.String()) }),
  reply: Type.Object({ share_group_types: Type.Array(ShareGroupType) }),
  summary: 'Lists the share group types the caller may use.',
})
export const showDefaultShareGroupType = endpoint({
  ...sinceGroups,
  id: 'showDefaultShareGroupType',
  method: 'GET',
  path: `${path}/default`,
  policy: 'share_group_type:default',
  status: 200,
  reply: one,
  summary: 'Shows the share group type of requests that name none.',
})
export const showShareGroupType = endpoint({
  ...sinceGroups,
  id: 'showShareGroupType',
  method: 'GET',
  path: `${path}/:id`,
  policy: 'share_group_type:show',
  status: 200,
  reply: one,
  summary: 'Shows one share group type.',
})
export const createShareGroupType = endpoint({
  ...sinceGroups,
  id: 'createShareGroupType',
  method: 'POST',
  path,
  policy: 'share_group_type:create',
  status: 200,
  body: CreateShareGroupType,
  reply: one,
  summary: 'Makes a share group type.',
})
export const deleteShareGroupType = endpoint({
  ...sinceGroups,
  id: 'deleteShareGroupType',
  method: 'DELETE',
  path: `${path}/:id`,
  policy: 'share_group_type:delete',
  status: 204,
  summary: 'Deletes a share group type that no group is of.',
})

export const listShareGroupTypeAccess = endpoint({
  ...sinceGroups,
  id: 'listShareGroupTypeAccess',
  method: 'GET',
  path: `${path}/:id/access`,
  policy: 'share_group_type:list_project_access',
  status: 200,
  reply: Type.Object({
    share_group_type_access: Type.Array(
      Type.Object({ share_group_type_id: Type.String(), project_id: Type.String() }),
    ),
  }),
  summary: 'Lists the projects that may use a private share group type.',
})
export const addShareGroupTypeAccess = endpoint({
  ...sinceGroups,
  id: 'addShareGroupTypeAccess',
  method: 'POST',
  path: `${path}/:id/action`,
  action: 'addProjectAccess',
  policy: 'share_group_type:add_project_access',
  status: 202,
  body: Project,
  summary: 'Lets a project use a private share group type.',
})
export const removeShareGroupTypeAccess = endpoint({
  ...sinceGroups,
  id: 'removeShareGroupTypeAccess',
  method: 'POST',
  path: `${path}/:id/action`,
  action: 'removeProjectAccess',
  policy: 'share_group_type:remove_project_access',
  status: 202,
  body: Project,
  summary: 'Takes a private share group type from a project.',
})

const specs = `${path}/:type_id/group-specs`
export const listGroupSpecs = endpoint({
  ...sinceGroups,
  id: 'listGroupSpecs',
  method: 'GET',
  path: specs,
  policy: 'share_group_types_spec:index',
  status: 200,
  reply: Type.Object({ group_specs: GroupSpecs }),
  summary: 'Lists the group specs of a share group type.',
})
export const createGroupSpecs = endpoint({
  ...sinceGroups,
  id: 'createGroupSpecs',
  method: 'POST',
  path: specs,
  policy: 'share_group_types_spec:create',
  status: 200,
  body: Type.Object({ group_specs: GroupSpecs }),
  reply: Type.Object({ group_specs: GroupSpecs }),
  summary: 'Adds group specs to a share group type, or replaces those of the same key.',
})
export const showGroupSpec = endpoint({
  ...sinceGroups,
  id: 'showGroupSpec',
  method: 'GET',
  path: `${specs}/:key`,
  policy: 'share_group_types_spec:show',
  status: 200,
  reply: GroupSpecs,
  summary: 'Shows one group spec.',
})
export const updateGroupSpec = endpoint({
  ...sinceGroups,
  id: 'updateGroupSpec',
  method: 'PUT',
  path: `${specs}/:key`,
  policy: 'share_group_types_spec:update',
  status: 200,
  body: GroupSpecs,
  reply: GroupSpecs,
  summary: 'Writes one group spec.',
})
export const deleteGroupSpec = endpoint({
  ...sinceGroups,
  id: 'deleteGroupSpec',
  method: 'DELETE',
  path: `${specs}/:key`,
  policy: 'share_group_types_spec:delete',
  status: 204,
  summary: 'Deletes one group spec.',
})
