/** Shares: what goes over the wire at the newest microversion, and every endpoint of the resource. */
import Type from 'typebox'
import { rulesStatuses, shareStatuses, taskStates } from '../../model/states.ts'
import { action, endpoint } from '../endpoint.ts'
import {
  Bool,
  DriverOptions,
  Links,
  Metadata,
  Nullable,
  Optional,
  pageQuery,
  PositiveInt,
  RequiredText,
  Text,
  Time,
  Uuid,
  Word,
} from '../types.ts'

export const Share = Type.Object({
  id: Type.String(),
  size: Type.Integer(),
  availability_zone: Nullable(Type.String()),
  created_at: Time,
  status: Word(shareStatuses),
  name: Nullable(Type.String()),
  description: Nullable(Type.String()),
  project_id: Type.String(),
  snapshot_id: Nullable(Type.String()),
  share_network_id: Nullable(Type.String()),
  share_proto: Type.String(),
  metadata: Type.Record(Type.String(), Type.String()),
  share_type: Nullable(Type.String()),
  share_type_name: Optional(Nullable(Type.String())),
  volume_type: Nullable(Type.String()),
  is_public: Type.Boolean(),
  links: Links,
  snapshot_support: Optional(Type.Boolean()),
  task_state: Optional(Nullable(Word(taskStates))),
  access_rules_status: Optional(Word(rulesStatuses)),
  replication_type: Optional(Nullable(Type.String())),
  has_replicas: Optional(Type.Boolean()),
  user_id: Optional(Type.String()),
  create_share_from_snapshot_support: Optional(Type.Boolean()),
  revert_to_snapshot_support: Optional(Type.Boolean()),
  share_group_id: Optional(Nullable(Type.String())),
  source_share_group_snapshot_member_id: Optional(Nullable(Type.String())),
  mount_snapshot_support: Optional(Type.Boolean()),
  progress: Optional(Nullable(Type.String())),
  is_soft_deleted: Optional(Type.Boolean()),
  scheduled_to_be_deleted_at: Optional(Nullable(Time)),
  source_backup_id: Optional(Nullable(Type.String())),
  encryption_key_ref: Optional(Nullable(Type.String())),
  snapshot_inherit_share_access_support: Optional(Type.Boolean()),
  share_server_id: Optional(Nullable(Type.String())),
  host: Optional(Type.String()),
})

export const ShareSummary = Type.Object({ id: Type.String(), name: Nullable(Type.String()), links: Links })

const NullableText = Nullable(Text())

/** What is said of a share that is asked for. */
export const NewShare = Type.Object({
  share_proto: RequiredText(),
  size: Nullable(PositiveInt),
  name: Optional(NullableText),
  display_name: Optional(NullableText),
  description: Optional(NullableText),
  display_description: Optional(NullableText),
  share_type: Optional(NullableText),
  volume_type: Optional(NullableText),
  snapshot_id: Optional(NullableText),
  share_network_id: Optional(NullableText),
  availability_zone: Optional(NullableText),
  metadata: Optional(Nullable(Metadata)),
  is_public: Optional(Nullable(Bool)),
  share_group_id: Optional(NullableText),
  scheduler_hints: Optional(
    Nullable(
      Type.Object({
        same_host: Optional(Nullable(Text(10_000))),
        different_host: Optional(Nullable(Text(10_000))),
        only_host: Optional(NullableText),
        query: Optional(Nullable(Text(2000))),
      }),
    ),
  ),
  mount_point_name: Optional(NullableText),
  encryption_key_ref: Optional(NullableText),
})

export const CreateShare = Type.Object({ share: NewShare })

export const UpdateShare = Type.Object({
  share: Type.Object({
    display_name: Optional(NullableText),
    display_description: Optional(NullableText),
    is_public: Optional(Bool),
  }),
})

export const ManageShare = Type.Object({
  share: Type.Object({
    service_host: RequiredText(),
    export_path: Type.Union([RequiredText(2000), Type.Object({ path: RequiredText(2000) })], {
      says: 'the export path as a string of 1 to 2000 characters',
    }),
    protocol: RequiredText(),
    share_type: Optional(NullableText),
    name: Optional(NullableText),
    display_name: Optional(NullableText),
    description: Optional(NullableText),
    display_description: Optional(NullableText),
    is_public: Optional(Bool),
    driver_options: Optional(Nullable(DriverOptions)),
    share_server_id: Optional(NullableText),
    mount_point_name: Optional(NullableText),
  }),
})

const listQuery = Type.Object({
  ...pageQuery,
  with_count: Optional(Type.String()),
  all_tenants: Optional(Type.String()),
})

const one = Type.Object({ share: Share })
const Nothing = Type.Union([Type.Null(), Type.Object({}), Type.String()], { says: 'null' })
const NewSize = Type.Object({ new_size: PositiveInt })
const Status = Type.Object({ status: RequiredText() })

export const listShares = endpoint({
  id: 'listShares',
  method: 'GET',
  path: '/shares',
  policy: 'share:get_all',
  status: 200,
  query: listQuery,
  reply: Type.Object({ shares: Type.Array(ShareSummary) }),
  summary: 'Lists shares, ids and names only.',
})
export const listSharesDetail = endpoint({
  id: 'listSharesDetail',
  method: 'GET',
  path: '/shares/detail',
  policy: 'share:get_all',
  status: 200,
  query: listQuery,
  reply: Type.Object({ shares: Type.Array(Share), count: Optional(Type.Integer()) }),
  summary: 'Lists shares with everything about each.',
})
export const showShare = endpoint({
  id: 'showShare',
  method: 'GET',
  path: '/shares/:id',
  policy: 'share:get',
  status: 200,
  reply: one,
  summary: 'Shows one share.',
})
export const createShare = endpoint({
  id: 'createShare',
  method: 'POST',
  path: '/shares',
  policy: 'share:create',
  status: 200,
  body: CreateShare,
  reply: one,
  summary: 'Asks for a new share, empty or from a snapshot.',
})
export const updateShare = endpoint({
  id: 'updateShare',
  method: 'PUT',
  path: '/shares/:id',
  policy: 'share:update',
  status: 200,
  body: UpdateShare,
  reply: one,
  summary: 'Changes name, description or visibility.',
})
export const deleteShare = endpoint({
  id: 'deleteShare',
  method: 'DELETE',
  path: '/shares/:id',
  policy: 'share:delete',
  status: 202,
  query: Type.Object({ share_group_id: Optional(Type.String()) }),
  summary: 'Deletes a share.',
})
export const manageShare = endpoint({
  id: 'manageShare',
  method: 'POST',
  path: '/shares/manage',
  since: 7,
  policy: 'share:manage',
  status: 200,
  body: ManageShare,
  reply: one,
  summary: 'Takes over a share that exists on a backend.',
})
export const manageShareLegacy = endpoint({
  ...manageShare,
  id: 'manageShareLegacy',
  path: '/os-share-manage',
  since: 0,
  until: 6,
})
export const unmanageShareLegacy = endpoint({
  id: 'unmanageShareLegacy',
  method: 'POST',
  path: '/os-share-unmanage/:id/unmanage',
  until: 6,
  policy: 'share:unmanage',
  status: 202,
  summary: 'Lets go of a share without touching its data.',
})

export const extendShare = action('/shares', 'extend', {
  id: 'extendShare',
  policy: 'share:extend',
  body: Type.Object({ new_size: PositiveInt, force: Optional(Bool) }),
  summary: 'Makes a share larger.',
  legacy: true,
})
export const shrinkShare = action('/shares', 'shrink', {
  id: 'shrinkShare',
  policy: 'share:shrink',
  body: NewSize,
  summary: 'Makes a share smaller, never below what it holds.',
  legacy: true,
})
export const resetShareStatus = action('/shares', 'reset_status', {
  id: 'resetShareStatus',
  policy: 'share:reset_status',
  body: Status,
  summary: 'Writes a status by hand.',
  legacy: true,
})
export const forceDeleteShare = action('/shares', 'force_delete', {
  id: 'forceDeleteShare',
  policy: 'share:force_delete',
  body: Nothing,
  summary: 'Deletes a share in any status.',
  legacy: true,
})
export const unmanageShare = action('/shares', 'unmanage', {
  id: 'unmanageShare',
  policy: 'share:unmanage',
  body: Nothing,
  summary: 'Lets go of a share without touching its data.',
  since: 7,
})
export const revertShare = action('/shares', 'revert', {
  id: 'revertShare',
  policy: 'share:revert_to_snapshot',
  body: Type.Object({ snapshot_id: Uuid }),
  summary: 'Gives a share the content of its newest snapshot.',
  since: 27,
})
export const softDeleteShare = action('/shares', 'soft_delete', {
  id: 'softDeleteShare',
  policy: 'share:soft_delete',
  body: Nothing,
  summary: 'Puts a share into the recycle bin.',
  since: 69,
})
export const restoreShare = action('/shares', 'restore', {
  id: 'restoreShare',
  policy: 'share:restore',
  body: Nothing,
  summary: 'Takes a share out of the recycle bin.',
  since: 69,
})
export const resetTaskState = endpoint({
  id: 'resetTaskState',
  method: 'POST',
  path: '/shares/:id/action',
  action: 'reset_task_state',
  since: 22,
  experimental: [[22, 95]],
  policy: 'share:reset_task_state',
  status: 202,
  body: Type.Object({ task_state: Nullable(RequiredText()) }),
  summary: 'Writes a task state by hand.',
})
