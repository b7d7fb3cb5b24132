/** Access rules: actions on the share, and since 2.45 a resource of their own. */
import Type from 'typebox'
import { ruleStates } from '../../model/states.ts'
import { action, endpoint } from '../endpoint.ts'
import { Bool, Metadata, Nullable, Optional, RequiredText, Text, Time, Word } from '../types.ts'

const Pairs = Type.Record(Type.String(), Type.String())

export const AccessRule = Type.Object({
  id: Type.String(),
  access_level: Type.String(),
  access_to: Type.String(),
  access_type: Type.String(),
  /** Before 2.28 all rules of a share show how far they are together: `new` while that is under way. */
  state: Word([...ruleStates, 'new']),
  access_key: Optional(Nullable(Type.String())),
  created_at: Optional(Time),
  updated_at: Optional(Nullable(Time)),
  metadata: Optional(Pairs),
})

const ShownAccessRule = Type.Object({ ...AccessRule.properties, share_id: Type.String() })
const one = Type.Object({ access: ShownAccessRule })
const many = Type.Object({ access_list: Type.Array(AccessRule) })
const Nothing = Type.Union([Type.Null(), Type.Object({}), Type.String()], { says: 'null' })

export const allowAccess = action('/shares', 'allow_access', {
  id: 'allowAccess',
  policy: 'share:allow_access',
  status: 200,
  body: Type.Object({
    access_type: RequiredText(),
    access_to: RequiredText(),
    access_level: Optional(Nullable(Text())),
    metadata: Optional(Nullable(Metadata)),
    lock_visibility: Optional(Bool),
    lock_deletion: Optional(Bool),
    lock_reason: Optional(Nullable(Text(1023))),
  }),
  reply: one,
  summary: 'Lets a client, user or certificate use a share.',
  legacy: true,
})
export const denyAccess = action('/shares', 'deny_access', {
  id: 'denyAccess',
  policy: 'share:deny_access',
  body: Type.Object({ access_id: RequiredText(), unrestrict: Optional(Bool) }),
  summary: 'Takes an access rule away.',
  legacy: true,
})

const listAccess = {
  method: 'POST',
  path: '/shares/:id/action',
  policy: 'share:access_get_all',
  status: 200,
  body: Nothing,
  reply: many,
  summary: 'Lists the access rules of a share.',
} as const
export const listAccessAction = endpoint({
  ...listAccess,
  id: 'listAccessAction',
  action: 'access_list',
  since: 7,
  until: 44,
})
export const listAccessActionLegacy = endpoint({
  ...listAccess,
  id: 'listAccessActionLegacy',
  action: 'os-access_list',
  until: 6,
})

export const listAccessRules = endpoint({
  id: 'listAccessRules',
  method: 'GET',
  path: '/share-access-rules',
  since: 45,
  policy: 'share_access_rule:index',
  status: 200,
  query: Type.Object({
    share_id: Optional(Type.String()),
    metadata: Optional(Type.String()),
    access_type: Optional(Type.String()),
    access_to: Optional(Type.String()),
    access_key: Optional(Type.String()),
    access_level: Optional(Type.String()),
  }),
  reply: many,
  summary: 'Lists the access rules of the share that share_id names.',
})
export const showAccessRule = endpoint({
  id: 'showAccessRule',
  method: 'GET',
  path: '/share-access-rules/:id',
  since: 45,
  policy: 'share_access_rule:get',
  status: 200,
  reply: one,
  summary: 'Shows one access rule.',
})
export const updateAccessRule = endpoint({
  id: 'updateAccessRule',
  method: 'PUT',
  path: '/share-access-rules/:id',
  since: 88,
  policy: 'share_access_rule:update',
  status: 200,
  body: Type.Object({ update_access: Type.Object({ access_level: RequiredText() }) }),
  reply: one,
  summary: 'Changes the level of an access rule.',
})
export const updateAccessMetadata = endpoint({
  id: 'updateAccessMetadata',
  method: 'PUT',
  path: '/share-access-rules/:id/metadata',
  since: 45,
  policy: 'share_access_metadata:update',
  status: 200,
  body: Type.Object({ metadata: Metadata }),
  reply: Type.Object({ metadata: Pairs }),
  summary: 'Adds metadata to an access rule; existing keys get the new value.',
})
export const deleteAccessMetadata = endpoint({
  id: 'deleteAccessMetadata',
  method: 'DELETE',
  path: '/share-access-rules/:id/metadata/:key',
  since: 45,
  policy: 'share_access_metadata:delete',
  status: 200,
  summary: 'Deletes one metadata item of an access rule.',
})
