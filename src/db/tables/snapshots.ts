/** Snapshots, where they are and who may see them. */
import type { Flag, Json, Stamp } from './values.ts'

export interface SnapshotsTable {
  id: string
  share_id: string
  project_id: string
  user_id: string
  name: string | null
  description: string | null
  size: number
  share_size: number
  share_proto: string
  /** Of a member of a group snapshot: it lives and dies with that, is in no list and costs no quota of its own. */
  share_group_snapshot_id: string | null
  /** Aggregate over the instances, kept in the same transaction. */
  status: string
  created_at: Stamp
  updated_at: Stamp | null
}
export interface SnapshotMetadataTable {
  snapshot_id: string
  meta_key: string
  meta_value: string
}
export interface SnapshotInstancesTable {
  id: string
  snapshot_id: string
  share_instance_id: string
  status: string
  progress: string | null
  provider_location: string | null
  driver_state: Json
  access_generation: number
  access_applied: number
  created_at: Stamp
  updated_at: Stamp | null
}
export interface SnapshotInstanceExportLocationsTable {
  id: string
  snapshot_instance_id: string
  path: string
  is_admin_only: Flag
  created_at: Stamp
  updated_at: Stamp | null
}
export interface SnapshotAccessRulesTable {
  id: string
  snapshot_id: string
  access_type: string
  access_to: string
  /** See `access_rules.canonical_to`. */
  canonical_to: string
  state: string
  created_at: Stamp
  updated_at: Stamp | null
}

export interface SnapshotTables {
  snapshots: SnapshotsTable
  snapshot_metadata: SnapshotMetadataTable
  snapshot_instances: SnapshotInstancesTable
  snapshot_instance_export_locations: SnapshotInstanceExportLocationsTable
  snapshot_access_rules: SnapshotAccessRulesTable
}
