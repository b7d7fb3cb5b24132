/** Quotas of projects, users and share types, and the editable defaults. */
import Type from 'typebox'
import { quotaDefaults, type QuotaResource } from '../../model/quota.ts'
import { endpoint } from '../endpoint.ts'
import { maxInt, maxIntDigits, Nullable, Optional } from '../types.ts'

const resources = Object.keys(quotaDefaults) as QuotaResource[]

/** The minor at which a resource came; the others were always there. */
export const resourceSince: Partial<Record<QuotaResource, number>> = {
  share_groups: 40,
  share_group_snapshots: 40,
  share_replicas: 53,
  replica_gigabytes: 53,
  per_share_gigabytes: 62,
  backups: 80,
  backup_gigabytes: 80,
  encryption_keys: 90,
}

const each = <S extends Type.TSchema>(schema: S): Record<QuotaResource, S> =>
  Object.fromEntries(resources.map((resource) => [resource, schema])) as Record<QuotaResource, S>

/** -1 = unlimited; digits in a string are accepted, as in the original. */
const Limit = Type.Union(
  [Type.Integer({ minimum: -1, maximum: maxInt }), Type.String({ pattern: `^(-1|${maxIntDigits})$` })],
  { says: `a whole number from -1 (unlimited) to ${maxInt}` },
)

const QuotaSet = Type.Object({ id: Optional(Type.String()), ...each(Optional(Type.Integer())) })
const Detail = Type.Object({
  limit: Type.Integer(),
  in_use: Type.Integer(),
  reserved: Type.Integer(),
})
const QuotaSetDetail = Type.Object({ id: Type.String(), ...each(Optional(Detail)) })

/** Keys that are no resource: `tenant_id` and `id` are what old clients repeat from the URL. */
const UpdateQuotaSet = Type.Object({
  quota_set: Type.Object(
    {
      ...each(Optional(Nullable(Limit))),
      // Anything but a true word means false, as in the original.
      force: Optional(
        Type.Union([Type.Boolean(), Type.String(), Type.Integer(), Type.Null()], { says: 'a boolean' }),
      ),
      tenant_id: Optional(Type.Unknown()),
      id: Optional(Type.Unknown()),
      share_type: Optional(Type.Unknown()),
    },
    { additionalProperties: false, says: 'an object of quota limits' },
  ),
})

/** Unknown keys are ignored here. */
const UpdateQuotaClassSet = Type.Object({
  quota_class_set: Type.Object(each(Optional(Limit)), { says: 'an object of quota limits' }),
})

const owner = Type.Object({ user_id: Optional(Type.String()), share_type: Optional(Type.String()) })
const reply = Type.Object({ quota_set: QuotaSet })

export const showQuotaSet = endpoint({
  id: 'showQuotaSet',
  method: 'GET',
  path: '/quota-sets/:id',
  since: 7,
  policy: 'quota_set:show',
  status: 200,
  query: owner,
  reply,
  summary: 'Shows the limits of a project, or of a user or share type in it.',
})
export const showQuotaSetDetail = endpoint({
  id: 'showQuotaSetDetail',
  method: 'GET',
  path: '/quota-sets/:id/detail',
  since: 25,
  policy: 'quota_set:show',
  status: 200,
  query: owner,
  reply: Type.Object({ quota_set: QuotaSetDetail }),
  summary: 'Shows limits together with what is in use.',
})
export const showQuotaDefaults = endpoint({
  id: 'showQuotaDefaults',
  method: 'GET',
  path: '/quota-sets/:id/defaults',
  since: 7,
  policy: 'quota_set:show',
  status: 200,
  reply,
  summary: 'Shows the limits of a project that has none of its own.',
})
export const updateQuotaSet = endpoint({
  id: 'updateQuotaSet',
  method: 'PUT',
  path: '/quota-sets/:id',
  since: 7,
  policy: 'quota_set:update',
  status: 200,
  query: owner,
  body: UpdateQuotaSet,
  reply,
  summary: 'Sets limits of a project, or of a user or share type in it.',
})
export const deleteQuotaSet = endpoint({
  id: 'deleteQuotaSet',
  method: 'DELETE',
  path: '/quota-sets/:id',
  since: 7,
  policy: 'quota_set:delete',
  status: 202,
  query: owner,
  summary: 'Takes limits back to the defaults.',
})

const legacy = { since: 0, until: 6 }
export const showQuotaSetLegacy = endpoint({
  ...showQuotaSet,
  ...legacy,
  id: 'showQuotaSetLegacy',
  path: '/os-quota-sets/:id',
})
export const showQuotaDefaultsLegacy = endpoint({
  ...showQuotaDefaults,
  ...legacy,
  id: 'showQuotaDefaultsLegacy',
  path: '/os-quota-sets/:id/defaults',
})
export const updateQuotaSetLegacy = endpoint({
  ...updateQuotaSet,
  ...legacy,
  id: 'updateQuotaSetLegacy',
  path: '/os-quota-sets/:id',
})
export const deleteQuotaSetLegacy = endpoint({
  ...deleteQuotaSet,
  ...legacy,
  id: 'deleteQuotaSetLegacy',
  path: '/os-quota-sets/:id',
})

const classReply = Type.Object({ quota_class_set: QuotaSet })

export const showQuotaClassSet = endpoint({
  id: 'showQuotaClassSet',
  method: 'GET',
  path: '/quota-class-sets/:class_name',
  since: 7,
  policy: 'quota_class_set:show',
  status: 200,
  reply: classReply,
  summary: 'Shows the limits of a quota class; `default` holds the editable defaults.',
})
export const updateQuotaClassSet = endpoint({
  id: 'updateQuotaClassSet',
  method: 'PUT',
  path: '/quota-class-sets/:class_name',
  since: 7,
  policy: 'quota_class_set:update',
  status: 200,
  body: UpdateQuotaClassSet,
  reply: classReply,
  summary: 'Sets limits of a quota class.',
})
export const showQuotaClassSetLegacy = endpoint({
  ...showQuotaClassSet,
  ...legacy,
  id: 'showQuotaClassSetLegacy',
  path: '/os-quota-class-sets/:class_name',
})
export const updateQuotaClassSetLegacy = endpoint({
  ...updateQuotaClassSet,
  ...legacy,
  id: 'updateQuotaClassSetLegacy',
  path: '/os-quota-class-sets/:class_name',
})
