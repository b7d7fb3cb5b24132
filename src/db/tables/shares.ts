/** Shares, where they are and how much they hold. */
import type { Flag, Json, Stamp } from './values.ts'

export interface SharesTable {
  id: string
  project_id: string
  user_id: string
  name: string | null
  description: string | null
  size: number
  /** The size asked for while an extend or revert is under way: quota counts the larger of the two. */
  target_size: number | null
  share_proto: string
  is_public: Flag
  snapshot_id: string | null
  share_group_id: string | null
  source_share_group_snapshot_member_id: string | null
  source_backup_id: string | null
  task_state: string | null
  replication_type: string | null
  has_replicas: Flag
  snapshot_support: Flag
  create_share_from_snapshot_support: Flag
  revert_to_snapshot_support: Flag
  mount_snapshot_support: Flag
  snapshot_inherit_share_access_support: Flag
  mount_point_name: string | null
  encryption_key_ref: string | null
  qos_type_id: string | null
  is_soft_deleted: Flag
  scheduled_to_be_deleted_at: Stamp | null
  created_at: Stamp
  updated_at: Stamp | null
  // What a list shows of the chosen instance, kept in the transaction that changes the instance (design: Lists).
  instance_id: string
  status: string
  host: string
  availability_zone_id: string | null
  share_type_id: string | null
  share_network_id: string | null
  share_server_id: string | null
  access_rules_status: string
  progress: string | null
}
/** A name in an export path, and the instance that holds it until its export is gone. */
export interface MountPointNamesTable {
  name: string
  instance_id: string
  created_at: Stamp
}
export interface ShareMetadataTable {
  share_id: string
  meta_key: string
  meta_value: string
}
export interface ShareInstancesTable {
  id: string
  share_id: string
  /** Pool label, '' before placement. */
  host: string
  pool_id: string | null
  backend_id: string | null
  status: string
  /** What this instance counts for in `pools.placed_gib`; 0 while not placed. */
  placed_gib: number
  availability_zone_id: string | null
  share_type_id: string | null
  share_network_id: string | null
  share_server_id: string | null
  access_rules_status: string
  replica_state: string | null
  cast_rules_to_readonly: Flag
  progress: string | null
  /** JSON the driver wants back. */
  driver_state: Json
  /** Raised with every change of the rules; equal to `access_applied` when the backend has them all. */
  access_generation: number
  access_applied: number
  created_at: Stamp
  updated_at: Stamp | null
  scheduled_at: Stamp | null
  launched_at: Stamp | null
}
export interface ShareInstanceExportLocationsTable {
  id: string
  share_instance_id: string
  path: string
  /** sha256 hex of `path`: paths are too long to index on MariaDB. */
  path_hash: string
  is_admin_only: Flag
  preferred: Flag
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ExportLocationMetadataTable {
  export_location_id: string
  meta_key: string
  meta_value: string
}
/** The newest measurement of a share instance or snapshot instance. */
export interface UsagesTable {
  id: string
  kind: 'share' | 'snapshot'
  used_bytes: number | null
  referenced_bytes: number | null
  exclusive_bytes: number | null
  reason: string | null
  method: string
  measured_at: Stamp
}

/** How full something was at one moment; `model/usage-steps.ts` says which moments are kept. */
export interface UsagePointsTable {
  kind: 'share' | 'project' | 'pool'
  /** Of the share, the project, the pool. */
  id: string
  step_s: number
  at: Stamp
  size_bytes: number | null
  /** Null: not measured lately. */
  used_bytes: number | null
  /** Pools: Σ of the sizes of what is placed there. */
  placed_bytes: number | null
  /** Projects: how many shares. */
  shares: number | null
}

export interface ShareTables {
  shares: SharesTable
  mount_point_names: MountPointNamesTable
  share_metadata: ShareMetadataTable
  share_instances: ShareInstancesTable
  share_instance_export_locations: ShareInstanceExportLocationsTable
  export_location_metadata: ExportLocationMetadataTable
  usages: UsagesTable
  usage_points: UsagePointsTable
}
