/** Snapshot instances, for administrators, since 2.19. */
import Type from 'typebox'
import { snapshotStatuses } from '../../model/states.ts'
import { endpoint } from '../endpoint.ts'
import { SnapshotExportLocation, SnapshotExportLocations } from '../snapshots/schema.ts'
import { Nullable, Optional, RequiredText, Time, Word } from '../types.ts'

const summary = { id: Type.String(), snapshot_id: Type.String(), status: Word(snapshotStatuses) }
export const SnapshotInstance = Type.Object({
  ...summary,
  created_at: Time,
  updated_at: Nullable(Time),
  share_id: Type.String(),
  share_instance_id: Type.String(),
  progress: Nullable(Type.String()),
  provider_location: Nullable(Type.String()),
})

const query = Type.Object({ snapshot_id: Optional(Type.String()) })

export const listSnapshotInstances = endpoint({
  id: 'listSnapshotInstances',
  method: 'GET',
  path: '/snapshot-instances',
  since: 19,
  policy: 'share_snapshot_instance:index',
  status: 200,
  query,
  reply: Type.Object({ snapshot_instances: Type.Array(Type.Object(summary)) }),
  summary: 'Lists snapshot instances, ids and statuses only.',
})
export const listSnapshotInstancesDetail = endpoint({
  id: 'listSnapshotInstancesDetail',
  method: 'GET',
  path: '/snapshot-instances/detail',
  since: 19,
  policy: 'share_snapshot_instance:detail',
  status: 200,
  query,
  reply: Type.Object({ snapshot_instances: Type.Array(SnapshotInstance) }),
  summary: 'Lists snapshot instances with everything about each.',
})
export const showSnapshotInstance = endpoint({
  id: 'showSnapshotInstance',
  method: 'GET',
  path: '/snapshot-instances/:id',
  since: 19,
  policy: 'share_snapshot_instance:show',
  status: 200,
  reply: Type.Object({ snapshot_instance: SnapshotInstance }),
  summary: 'Shows one snapshot instance.',
})
export const resetSnapshotInstanceStatus = endpoint({
  id: 'resetSnapshotInstanceStatus',
  method: 'POST',
  path: '/snapshot-instances/:id/action',
  action: 'reset_status',
  since: 19,
  policy: 'share_snapshot_instance:reset_status',
  status: 202,
  body: Type.Object({ status: RequiredText() }),
  summary: 'Writes a status by hand.',
})
export const listSnapshotInstanceExportLocations = endpoint({
  id: 'listSnapshotInstanceExportLocations',
  method: 'GET',
  path: '/snapshot-instances/:id/export-locations',
  since: 32,
  policy: 'share_snapshot_instance_export_location:index',
  status: 200,
  reply: SnapshotExportLocations,
  summary: 'Lists where a snapshot instance can be mounted from.',
})
export const showSnapshotInstanceExportLocation = endpoint({
  id: 'showSnapshotInstanceExportLocation',
  method: 'GET',
  path: '/snapshot-instances/:id/export-locations/:location_id',
  since: 32,
  policy: 'share_snapshot_instance_export_location:show',
  status: 200,
  reply: SnapshotExportLocation,
  summary: 'Shows one export location of a snapshot instance.',
})
