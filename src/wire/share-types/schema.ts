/** Share types, who may use them, and their extra specs: bodies, replies and endpoints. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Bool, NotBlank, Nullable, Optional, Text, Uuid } from '../types.ts'

const visibility = {
  'share_type_access:is_public': Optional(Bool),
  'os-share-type-access:is_public': Optional(Bool),
}

/** Keys and values are judged by `model/extra-specs.ts`, which knows what each means. */
const ExtraSpecs = Type.Record(Type.String(), Type.Unknown(), {
  says: 'an object of extra specs, such as {"driver_handles_share_servers": "False"}',
})

export const ShareType = Type.Object({
  id: Type.String(),
  name: Type.String(),
  extra_specs: Type.Record(Type.String(), Type.Union([Type.String(), Type.Boolean()])),
  required_extra_specs: Type.Record(Type.String(), Type.String()),
  'share_type_access:is_public': Optional(Type.Boolean()),
  'os-share-type-access:is_public': Optional(Type.Boolean()),
  description: Optional(Nullable(Type.String())),
  is_default: Optional(Type.Boolean()),
})

const NewType = Type.Object(
  {
    name: NotBlank(),
    extra_specs: ExtraSpecs,
    description: Optional(Nullable(Text())),
    ...visibility,
  },
  { says: 'an object that describes the share type' },
)

const ChangedType = Type.Object(
  { name: Optional(Nullable(NotBlank())), description: Optional(Nullable(Text())), ...visibility },
  { says: 'an object with what changes about the share type' },
)

/** Old clients say `volume_type`; one of the two must be there. */
export const CreateShareType = Type.Object({
  share_type: Optional(NewType),
  volume_type: Optional(NewType),
})
export const UpdateShareType = Type.Object({
  share_type: Optional(ChangedType),
  volume_type: Optional(ChangedType),
})

const both = Type.Object({ share_type: ShareType, volume_type: ShareType })
const Project = Type.Object({ project: Uuid })

export const listShareTypes = endpoint({
  id: 'listShareTypes',
  method: 'GET',
  path: '/types',
  policy: 'share_type:index',
  status: 200,
  query: Type.Object({ is_public: Optional(Type.String()), extra_specs: Optional(Type.String()) }),
  reply: Type.Object({ share_types: Type.Array(ShareType), volume_types: Type.Array(ShareType) }),
  summary: 'Lists the share types the caller may use.',
})
export const showDefaultShareType = endpoint({
  id: 'showDefaultShareType',
  method: 'GET',
  path: '/types/default',
  policy: 'share_type:default',
  status: 200,
  reply: both,
  summary: 'Shows the share type of requests that name none.',
})
export const showShareType = endpoint({
  id: 'showShareType',
  method: 'GET',
  path: '/types/:id',
  policy: 'share_type:show',
  status: 200,
  reply: both,
  summary: 'Shows one share type.',
})
export const createShareType = endpoint({
  id: 'createShareType',
  method: 'POST',
  path: '/types',
  policy: 'share_type:create',
  status: 200,
  body: CreateShareType,
  reply: both,
  summary: 'Makes a share type.',
})
export const updateShareType = endpoint({
  id: 'updateShareType',
  method: 'PUT',
  path: '/types/:id',
  since: 50,
  policy: 'share_type:update',
  status: 200,
  body: UpdateShareType,
  reply: both,
  summary: 'Changes name, description or visibility of a share type.',
})
export const deleteShareType = endpoint({
  id: 'deleteShareType',
  method: 'DELETE',
  path: '/types/:id',
  policy: 'share_type:delete',
  status: 202,
  summary: 'Deletes a share type that nothing uses.',
})

export const listShareTypeAccess = endpoint({
  id: 'listShareTypeAccess',
  method: 'GET',
  path: '/types/:id/share_type_access',
  policy: 'share_type:list_project_access',
  status: 200,
  reply: Type.Object({
    share_type_access: Type.Array(Type.Object({ share_type_id: Type.String(), project_id: Type.String() })),
  }),
  summary: 'Lists the projects that may use a private share type.',
})
/** The same under its old name, on every version. */
export const listShareTypeAccessAlias = endpoint({
  ...listShareTypeAccess,
  id: 'listShareTypeAccessAlias',
  path: '/types/:id/os-share-type-access',
})
export const addShareTypeAccess = endpoint({
  id: 'addShareTypeAccess',
  method: 'POST',
  path: '/types/:id/action',
  action: 'addProjectAccess',
  policy: 'share_type:add_project_access',
  status: 202,
  body: Project,
  summary: 'Lets a project use a private share type.',
})
export const removeShareTypeAccess = endpoint({
  id: 'removeShareTypeAccess',
  method: 'POST',
  path: '/types/:id/action',
  action: 'removeProjectAccess',
  policy: 'share_type:remove_project_access',
  status: 202,
  body: Project,
  summary: 'Takes a private share type from a project.',
})

export const listExtraSpecs = endpoint({
  id: 'listExtraSpecs',
  method: 'GET',
  path: '/types/:type_id/extra_specs',
  policy: 'share_types_extra_spec:index',
  status: 200,
  reply: Type.Object({ extra_specs: ExtraSpecs }),
  summary: 'Lists the extra specs of a share type.',
})
export const createExtraSpecs = endpoint({
  id: 'createExtraSpecs',
  method: 'POST',
  path: '/types/:type_id/extra_specs',
  policy: 'share_types_extra_spec:create',
  status: 200,
  body: Type.Object({ extra_specs: ExtraSpecs }),
  reply: Type.Object({ extra_specs: ExtraSpecs }),
  summary: 'Adds extra specs to a share type, or replaces those of the same key.',
})
export const showExtraSpec = endpoint({
  id: 'showExtraSpec',
  method: 'GET',
  path: '/types/:type_id/extra_specs/:key',
  policy: 'share_types_extra_spec:show',
  status: 200,
  reply: ExtraSpecs,
  summary: 'Shows one extra spec.',
})
export const updateExtraSpec = endpoint({
  id: 'updateExtraSpec',
  method: 'PUT',
  path: '/types/:type_id/extra_specs/:key',
  policy: 'share_types_extra_spec:update',
  status: 200,
  body: ExtraSpecs,
  reply: ExtraSpecs,
  summary: 'Writes one extra spec.',
})
export const deleteExtraSpec = endpoint({
  id: 'deleteExtraSpec',
  method: 'DELETE',
  path: '/types/:type_id/extra_specs/:key',
  policy: 'share_types_extra_spec:delete',
  status: 202,
  summary: 'Deletes one extra spec.',
})
