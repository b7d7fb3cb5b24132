/** Snapshots of whole share groups, and their members. */
import Type from 'typebox'
import { shareGroupStatuses } from '../../model/states.ts'
import { action, endpoint } from '../endpoint.ts'
import { sinceGroups } from '../share-groups/experimental.ts'
import { groupListQuery, GroupStatus, GroupWords, Nothing } from '../share-groups/schema.ts'
import { Links, Nullable, Optional, pageQuery, Text, Time, Uuid, Word } from '../types.ts'

const NullableText = Nullable(Text())

export const ShareGroupSnapshot = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String()),
  created_at: Time,
  status: Word(shareGroupStatuses),
  description: Nullable(Type.String()),
  project_id: Type.String(),
  share_group_id: Type.String(),
  members: Type.Array(Type.Object({ id: Type.String(), size: Type.Integer(), share_id: Type.String() })),
  links: Links,
})
export const ShareGroupSnapshotSummary = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String()),
  links: Links,
})
export const ShareGroupSnapshotMember = Type.Object({
  id: Type.String(),
  created_at: Time,
  size: Type.Integer(),
  share_protocol: Type.String(),
  project_id: Type.String(),
  share_group_snapshot_id: Type.String(),
  share_id: Type.String(),
})

export const CreateShareGroupSnapshot = Type.Object({
  share_group_snapshot: Type.Object(
    { share_group_id: Uuid, name: Optional(NullableText), description: Optional(NullableText) },
    { additionalProperties: false },
  ),
})

const one = Type.Object({ share_group_snapshot: ShareGroupSnapshot })
const path = '/share-group-snapshots'

export const listShareGroupSnapshots = endpoint({
  ...sinceGroups,
  id: 'listShareGroupSnapshots',
  method: 'GET',
  path,
  policy: 'share_group_snapshot:get_all',
  status: 200,
  query: groupListQuery,
  reply: Type.Object({
    share_group_snapshots: Type.Array(ShareGroupSnapshotSummary),
    share_group_snapshot_links: Optional(Links),
  }),
  summary: 'Lists group snapshots, ids and names only.',
})
export const listShareGroupSnapshotsDetail = endpoint({
  ...sinceGroups,
  id: 'listShareGroupSnapshotsDetail',
  method: 'GET',
  path: `${path}/detail`,
  policy: 'share_group_snapshot:get_all',
  status: 200,
  query: groupListQuery,
  reply: Type.Object({
    share_group_snapshots: Type.Array(ShareGroupSnapshot),
    share_group_snapshot_links: Optional(Links),
  }),
  summary: 'Lists group snapshots with everything about each.',
})
export const showShareGroupSnapshot = endpoint({
  ...sinceGroups,
  id: 'showShareGroupSnapshot',
  method: 'GET',
  path: `${path}/:id`,
  policy: 'share_group_snapshot:get',
  status: 200,
  reply: one,
  summary: 'Shows one group snapshot.',
})
export const listShareGroupSnapshotMembers = endpoint({
  ...sinceGroups,
  id: 'listShareGroupSnapshotMembers',
  method: 'GET',
  path: `${path}/:id/members`,
  policy: 'share_group_snapshot:get',
  status: 200,
  query: Type.Object(pageQuery),
  reply: Type.Object({
    share_group_snapshot_members: Type.Array(ShareGroupSnapshotMember),
    share_group_snapshot_members_links: Optional(Links),
  }),
  summary: 'Lists the members of a group snapshot.',
})
export const createShareGroupSnapshot = endpoint({
  ...sinceGroups,
  id: 'createShareGroupSnapshot',
  method: 'POST',
  path,
  policy: 'share_group_snapshot:create',
  status: 202,
  body: CreateShareGroupSnapshot,
  reply: one,
  summary: 'Takes a snapshot of every share of a group.',
})
export const updateShareGroupSnapshot = endpoint({
  ...sinceGroups,
  id: 'updateShareGroupSnapshot',
  method: 'PUT',
  path: `${path}/:id`,
  policy: 'share_group_snapshot:update',
  status: 200,
  body: Type.Object({ share_group_snapshot: GroupWords }),
  reply: one,
  summary: 'Changes name or description.',
})
export const deleteShareGroupSnapshot = endpoint({
  ...sinceGroups,
  id: 'deleteShareGroupSnapshot',
  method: 'DELETE',
  path: `${path}/:id`,
  policy: 'share_group_snapshot:delete',
  status: 202,
  summary: 'Deletes a group snapshot with its members.',
})
export const resetShareGroupSnapshotStatus = action(path, 'reset_status', {
  ...sinceGroups,
  id: 'resetShareGroupSnapshotStatus',
  policy: 'share_group_snapshot:reset_status',
  body: GroupStatus,
  summary: 'Writes a status by hand.',
})
export const forceDeleteShareGroupSnapshot = action(path, 'force_delete', {
  ...sinceGroups,
  id: 'forceDeleteShareGroupSnapshot',
  policy: 'share_group_snapshot:force_delete',
  body: Nothing,
  summary: 'Deletes a group snapshot in any status.',
})
