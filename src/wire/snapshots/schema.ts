/** Snapshots, their access rules and their export locations. */
import Type from 'typebox'
import { ruleStates, snapshotStatuses } from '../../model/states.ts'
import { action, endpoint } from '../endpoint.ts'
import { metadataEndpoints } from '../metadata/schema.ts'
import {
  Links,
  Metadata,
  Nullable,
  Optional,
  pageQuery,
  RequiredText,
  Text,
  Time,
  DriverOptions,
  Word,
} from '../types.ts'

const Pairs = Type.Record(Type.String(), Type.String())
const NullableText = Nullable(Text())
const Nothing = Type.Union([Type.Null(), Type.Object({}), Type.String()], { says: 'null' })

export const Snapshot = Type.Object({
  id: Type.String(),
  share_id: Type.String(),
  share_size: Type.Integer(),
  created_at: Time,
  status: Word(snapshotStatuses),
  name: Nullable(Type.String()),
  description: Nullable(Type.String()),
  size: Type.Integer(),
  share_proto: Type.String(),
  links: Links,
  provider_location: Optional(Nullable(Type.String())),
  user_id: Optional(Type.String()),
  project_id: Optional(Type.String()),
  metadata: Optional(Pairs),
})
export const SnapshotSummary = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String()),
  links: Links,
})
const one = Type.Object({ snapshot: Snapshot })

const text = Optional(Type.String())
const listQuery = Type.Object({
  ...pageQuery,
  name: text,
  'name~': text,
  description: text,
  'description~': text,
  status: text,
  share_id: text,
  size: text,
  metadata: text,
  usage: text,
  with_count: text,
  all_tenants: text,
})

export const listSnapshots = endpoint({
  id: 'listSnapshots',
  method: 'GET',
  path: '/snapshots',
  policy: 'share_snapshot:get_all_snapshots',
  status: 200,
  query: listQuery,
  reply: Type.Object({ snapshots: Type.Array(SnapshotSummary), count: Optional(Type.Integer()) }),
  summary: 'Lists snapshots, ids and names only.',
})
export const listSnapshotsDetail = endpoint({
  id: 'listSnapshotsDetail',
  method: 'GET',
  path: '/snapshots/detail',
  policy: 'share_snapshot:get_all_snapshots',
  status: 200,
  query: listQuery,
  reply: Type.Object({ snapshots: Type.Array(Snapshot), count: Optional(Type.Integer()) }),
  summary: 'Lists snapshots with everything about each.',
})
export const showSnapshot = endpoint({
  id: 'showSnapshot',
  method: 'GET',
  path: '/snapshots/:id',
  policy: 'share_snapshot:get_snapshot',
  status: 200,
  reply: one,
  summary: 'Shows one snapshot.',
})
export const createSnapshot = endpoint({
  id: 'createSnapshot',
  method: 'POST',
  path: '/snapshots',
  policy: 'share:create_snapshot',
  status: 202,
  body: Type.Object({
    snapshot: Type.Object({
      share_id: RequiredText(),
      name: Optional(NullableText),
      display_name: Optional(NullableText),
      description: Optional(NullableText),
      display_description: Optional(NullableText),
      // `force` is accepted and means nothing, as in the original's v2.
      force: Optional(Type.Unknown()),
      metadata: Optional(Nullable(Metadata)),
    }),
  }),
  reply: one,
  summary: 'Takes a snapshot of a share.',
})
export const updateSnapshot = endpoint({
  id: 'updateSnapshot',
  method: 'PUT',
  path: '/snapshots/:id',
  policy: 'share:snapshot_update',
  status: 200,
  body: Type.Object({
    snapshot: Type.Object({
      display_name: Optional(NullableText),
      display_description: Optional(NullableText),
    }),
  }),
  reply: one,
  summary: 'Changes name or description.',
})
export const deleteSnapshot = endpoint({
  id: 'deleteSnapshot',
  method: 'DELETE',
  path: '/snapshots/:id',
  policy: 'share:delete_snapshot',
  status: 202,
  summary: 'Deletes a snapshot.',
})
/** What is wrong with these fields is 422, not 400: the handler looks at them. */
export const manageSnapshot = endpoint({
  id: 'manageSnapshot',
  method: 'POST',
  path: '/snapshots/manage',
  since: 12,
  policy: 'share_snapshot:manage_snapshot',
  status: 202,
  body: Type.Object({
    snapshot: Type.Object({
      share_id: Optional(Type.Unknown()),
      provider_location: Optional(Type.Unknown()),
      name: Optional(NullableText),
      display_name: Optional(NullableText),
      description: Optional(NullableText),
      display_description: Optional(NullableText),
      driver_options: Optional(Nullable(DriverOptions)),
      metadata: Optional(Nullable(Metadata)),
    }),
  }),
  reply: one,
  summary: 'Takes over a snapshot that exists on a backend.',
})

export const resetSnapshotStatus = action('/snapshots', 'reset_status', {
  id: 'resetSnapshotStatus',
  policy: 'share_snapshot:reset_status',
  body: Type.Object({ status: RequiredText() }),
  summary: 'Writes a status by hand.',
  legacy: true,
})
export const forceDeleteSnapshot = action('/snapshots', 'force_delete', {
  id: 'forceDeleteSnapshot',
  policy: 'share_snapshot:force_delete',
  body: Nothing,
  summary: 'Deletes a snapshot in any status.',
  legacy: true,
})
export const unmanageSnapshot = action('/snapshots', 'unmanage', {
  id: 'unmanageSnapshot',
  policy: 'share_snapshot:unmanage_snapshot',
  body: Nothing,
  summary: 'Lets go of a snapshot without touching its data.',
  since: 12,
})

const SnapshotAccess = Type.Object({
  id: Type.String(),
  access_type: Type.String(),
  access_to: Type.String(),
  state: Word(ruleStates),
})
export const allowSnapshotAccess = action('/snapshots', 'allow_access', {
  id: 'allowSnapshotAccess',
  policy: 'share_snapshot:allow_access',
  body: Type.Object({ access_type: RequiredText(), access_to: RequiredText() }),
  reply: Type.Object({ snapshot_access: SnapshotAccess }),
  summary: 'Lets a client mount a snapshot, read-only.',
  since: 32,
})
export const denySnapshotAccess = action('/snapshots', 'deny_access', {
  id: 'denySnapshotAccess',
  policy: 'share_snapshot:deny_access',
  body: Type.Object({ access_id: RequiredText() }),
  summary: 'Takes an access rule of a snapshot away.',
  since: 32,
})
export const listSnapshotAccess = endpoint({
  id: 'listSnapshotAccess',
  method: 'GET',
  path: '/snapshots/:id/access-list',
  since: 32,
  policy: 'share_snapshot:access_list',
  status: 200,
  reply: Type.Object({ snapshot_access_list: Type.Array(SnapshotAccess) }),
  summary: 'Lists the access rules of a snapshot.',
})

const located = {
  id: Type.String(),
  path: Type.String(),
  links: Links,
  share_snapshot_instance_id: Optional(Type.String()),
  is_admin_only: Optional(Type.Boolean()),
}
export const SnapshotExportLocations = Type.Object({
  share_snapshot_export_locations: Type.Array(Type.Object(located)),
})
export const SnapshotExportLocation = Type.Object({
  share_snapshot_export_location: Type.Object({
    ...located,
    created_at: Time,
    updated_at: Nullable(Time),
  }),
})
export const listSnapshotExportLocations = endpoint({
  id: 'listSnapshotExportLocations',
  method: 'GET',
  path: '/snapshots/:id/export-locations',
  since: 32,
  policy: 'share_snapshot_export_location:index',
  status: 200,
  reply: SnapshotExportLocations,
  summary: 'Lists where a snapshot can be mounted from.',
})
export const showSnapshotExportLocation = endpoint({
  id: 'showSnapshotExportLocation',
  method: 'GET',
  path: '/snapshots/:id/export-locations/:location_id',
  since: 32,
  policy: 'share_snapshot_export_location:show',
  status: 200,
  reply: SnapshotExportLocation,
  summary: 'Shows one export location of a snapshot.',
})

export const snapshotMetadata = metadataEndpoints({
  noun: 'Snapshot',
  path: '/snapshots/:id',
  since: 73,
  policies: {
    get: 'share_snapshot:get_metadata',
    update: 'share_snapshot:update_metadata',
    delete: 'share_snapshot:delete_metadata',
  },
})
