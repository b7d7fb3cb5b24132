/** Share groups, backups and transfers. */
import type { Flag, Json, Stamp } from './values.ts'

export interface ShareGroupTypesTable {
  id: string
  name: string
  is_public: Flag
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareGroupTypeSpecsTable {
  share_group_type_id: string
  spec_key: string
  spec_value: string
}
export interface ShareGroupTypeShareTypesTable {
  share_group_type_id: string
  share_type_id: string
}
export interface ShareGroupTypeProjectsTable {
  share_group_type_id: string
  project_id: string
}
export interface ShareGroupsTable {
  id: string
  project_id: string
  user_id: string
  name: string | null
  description: string | null
  status: string
  /** Label of the pool that all of it is in, '' before placement. */
  host: string
  pool_id: string | null
  backend_id: string | null
  availability_zone_id: string | null
  share_group_type_id: string
  share_network_id: string | null
  share_server_id: string | null
  source_share_group_snapshot_id: string | null
  consistent_snapshot_support: string | null
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareGroupShareTypesTable {
  share_group_id: string
  share_type_id: string
}
export interface ShareGroupSnapshotsTable {
  id: string
  share_group_id: string
  project_id: string
  user_id: string
  name: string | null
  description: string | null
  status: string
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareBackupsTable {
  id: string
  share_id: string
  project_id: string
  user_id: string
  name: string | null
  description: string | null
  size: number
  status: string
  host: string
  topic: string
  backup_type: string | null
  progress: string
  restore_progress: string
  fail_reason: string | null
  availability_zone_id: string | null
  driver_state: Json
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareTransfersTable {
  id: string
  name: string | null
  resource_type: string
  resource_id: string
  source_project_id: string
  destination_project_id: string | null
  secret_salt: string
  secret_hash: string
  accepted: Flag
  expires_at: Stamp
  created_at: Stamp
}

export interface GroupTables {
  share_group_types: ShareGroupTypesTable
  share_group_type_specs: ShareGroupTypeSpecsTable
  share_group_type_share_types: ShareGroupTypeShareTypesTable
  share_group_type_projects: ShareGroupTypeProjectsTable
  share_groups: ShareGroupsTable
  share_group_share_types: ShareGroupShareTypesTable
  share_group_snapshots: ShareGroupSnapshotsTable
  share_backups: ShareBackupsTable
  share_transfers: ShareTransfersTable
}
