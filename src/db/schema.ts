/**
 * Every table, as Kysely sees it. The migrations make them; `db/store/` is the only reader and writer.
 *
 * Conventions: ids are lower-case uuids made in code; `*_at` are microseconds since the epoch from `ctx.clock` (leases
 * alone use the database's clock); flags are 0/1; JSON is text. Column names are Manila's, so that its users find them.
 */
import type { Kysely, Transaction } from 'kysely'

export type Flag = 0 | 1
/** Microseconds since the epoch, UTC. */
export type Stamp = number
/** JSON text. */
export type Json = string

// ------------------------------------------------------------------------------------------------------ identity

export interface DomainsTable {
  id: string
  name: string
  description: string
  enabled: Flag
}
export interface ProjectsTable {
  id: string
  domain_id: string
  name: string
  description: string
  enabled: Flag
  parent_id: string | null
  created_at: Stamp
}
export interface UsersTable {
  id: string
  domain_id: string
  name: string
  description: string
  email: string | null
  enabled: Flag
  default_project_id: string | null
  /** `argon2id$…`; null for accounts of another backend. */
  password_hash: string | null
  /** Tokens issued before this are refused: a changed password or a disabled account ends them. */
  tokens_valid_after: Stamp
  created_at: Stamp
}
export interface GroupsTable {
  id: string
  domain_id: string
  name: string
  description: string
}
export interface GroupMembersTable {
  group_id: string
  user_id: string
}
export interface RolesTable {
  id: string
  name: string
  description: string
}
export interface RoleAssignmentsTable {
  role_id: string
  actor_type: 'user' | 'group'
  actor_id: string
  target_type: 'project' | 'domain' | 'system'
  target_id: string
}
export interface ApplicationCredentialsTable {
  id: string
  user_id: string
  project_id: string
  name: string
  description: string
  secret_hash: string
  /** JSON array of role ids. */
  roles: Json
  /** JSON array of `{id, path, method, service}`; null = none given. */
  access_rules: Json | null
  unrestricted: Flag
  expires_at: Stamp | null
  created_at: Stamp
}
export interface RevokedTokensTable {
  audit_id: string
  expires_at: Stamp
}
export interface LoginAttemptsTable {
  /** `user:<domain>/<name>` or `address:<ip>`. */
  subject: string
  failures: number
  window_started_at: Stamp
}

// ------------------------------------------------------------------------------- services, backends, pools, zones

export interface AvailabilityZonesTable {
  id: string
  name: string
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ServicesTable {
  /** An integer on the wire. */
  id: number
  host: string
  binary_name: string
  topic: string
  availability_zone_id: string
  disabled: Flag
  disabled_reason: string | null
  ensuring: Flag | null
  /** `up` is derived from the heartbeat; `stopped` is written by a clean stop. */
  stopped: Flag
  heartbeat_at: Stamp
  created_at: Stamp
  updated_at: Stamp | null
}
/** A running program. `heartbeat_at` is by the database's clock, so that nodes' clocks don't matter. */
export interface ProcessesTable {
  id: string
  /** `manila-share` */
  program: string
  /** The `host` of its configuration. */
  node: string
  pid: number
  /** The kernel it runs on: another one after each boot. */
  kernel_id: string
  version: string
  /** 1: it takes nothing new. */
  draining: Flag
  started_at: Stamp
  heartbeat_at: Stamp
}
export interface ProcessServicesTable {
  process_id: string
  service_id: number
}
export interface BackendsTable {
  id: string
  /** `host@backend`, unique. */
  label: string
  backend_name: string
  availability_zone_id: string
  reach: 'host' | 'network'
  /** Hash of what ensure depends on; unchanged = nothing to ensure at start. */
  info_hash: string | null
  /** `starting`, `ready`, `failed`. */
  health: string
  health_reason: string | null
  health_at: Stamp
  /** JSON of backend-level capabilities. */
  capabilities: Json
  created_at: Stamp
}
export interface PoolsTable {
  id: string
  backend_id: string
  /** `host@backend#pool`, unique. */
  label: string
  name: string
  /** JSON of Manila's capability fields, backend fields merged in. */
  capabilities: Json
  total_gib: number | null
  free_gib: number | null
  /** When total and free were measured; claims newer than this are subtracted. */
  measured_at: Stamp
  /** Σ of the sizes of all instances placed here, exact. */
  placed_gib: number
  /** 0 once the backend stopped reporting it. */
  reported: Flag
}
/** A promise of space the measurement can't know yet. */
export interface PoolClaimsTable {
  id: string
  pool_id: string
  /** Operation or instance that made it. */
  owner_id: string
  size_gib: number
  claimed_at: Stamp
}

// ------------------------------------------------------------------------------------------------- types and QoS

export interface ShareTypesTable {
  id: string
  name: string
  description: string | null
  is_public: Flag
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareTypeExtraSpecsTable {
  share_type_id: string
  spec_key: string
  spec_value: string
}
export interface ShareTypeProjectsTable {
  share_type_id: string
  project_id: string
}
export interface QosTypesTable {
  id: string
  name: string
  description: string | null
  created_at: Stamp
  updated_at: Stamp | null
}
export interface QosTypeSpecsTable {
  qos_type_id: string
  spec_key: string
  spec_value: string
}

// -------------------------------------------------------------------------------------------------------- shares

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

// ----------------------------------------------------------------------------------------------------- snapshots

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

// -------------------------------------------------------------------------------------------------- access rules

export interface AccessRulesTable {
  id: string
  share_id: string
  access_type: string
  access_to: string
  /** One notation for each meaning (`10.0.0.1/32` → `10.0.0.1`), unique per share and type. */
  canonical_to: string
  access_level: string
  access_key: string | null
  /** Worst of the mappings, kept in the same transaction. */
  state: string
  created_at: Stamp
  updated_at: Stamp | null
}
export interface AccessRuleMetadataTable {
  access_rule_id: string
  meta_key: string
  meta_value: string
}
export interface AccessRuleMappingsTable {
  access_rule_id: string
  share_instance_id: string
  state: string
}
export interface ResourceLocksTable {
  id: string
  user_id: string
  project_id: string
  lock_context: string
  resource_type: string
  resource_id: string
  resource_action: string
  lock_reason: string | null
  created_at: Stamp
  updated_at: Stamp | null
}

// -------------------------------------------------------------------------------------------------------- quotas

/** `scope_id` is '' for a whole project, a user id or a share type id otherwise. */
export interface QuotaLimitsTable {
  project_id: string
  scope: 'project' | 'user' | 'share_type'
  scope_id: string
  resource: string
  hard_limit: number
}
export interface QuotaClassesTable {
  class_name: string
  resource: string
  hard_limit: number
}
export interface QuotaUsagesTable {
  project_id: string
  scope: 'project' | 'user' | 'share_type'
  scope_id: string
  resource: string
  in_use: number
}

// ------------------------------------------------------------------------------- networks, servers, security services

export interface ShareNetworksTable {
  id: string
  project_id: string
  user_id: string
  name: string | null
  description: string | null
  status: string
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareNetworkSubnetsTable {
  id: string
  share_network_id: string
  availability_zone_id: string | null
  neutron_net_id: string | null
  neutron_subnet_id: string | null
  network_type: string | null
  segmentation_id: number | null
  cidr: string | null
  ip_version: number | null
  gateway: string | null
  mtu: number | null
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareNetworkSubnetMetadataTable {
  share_network_subnet_id: string
  meta_key: string
  meta_value: string
}
export interface SecurityServicesTable {
  id: string
  project_id: string
  type: string
  name: string | null
  description: string | null
  dns_ip: string | null
  server: string | null
  domain: string | null
  username: string | null
  /** Encrypted under the key file. */
  password_sealed: string | null
  ou: string | null
  default_ad_site: string | null
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareNetworkSecurityServicesTable {
  share_network_id: string
  security_service_id: string
}
export interface ShareServersTable {
  id: string
  project_id: string
  host: string
  backend_id: string | null
  status: string
  task_state: string | null
  identifier: string | null
  is_auto_deletable: Flag
  source_share_server_id: string | null
  encryption_key_ref: string | null
  security_service_update_support: Flag
  network_allocation_update_support: Flag
  backend_details: Json
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareServerSubnetsTable {
  share_server_id: string
  share_network_subnet_id: string
}
export interface NetworkAllocationsTable {
  id: string
  share_server_id: string
  share_network_subnet_id: string | null
  label: string
  ip_address: string
  ip_version: number
  cidr: string
  gateway: string | null
  mtu: number | null
  network_type: string | null
  segmentation_id: number | null
  mac_address: string | null
  created_at: Stamp
}

// ------------------------------------------------------------------------------- groups, backups, transfers

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
  host: string
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
export interface ShareGroupSnapshotMembersTable {
  id: string
  share_group_snapshot_id: string
  share_id: string
  share_instance_id: string
  project_id: string
  size: number
  share_proto: string
  status: string
  driver_state: Json
  created_at: Stamp
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

// --------------------------------------------------------------------------------- operations, lanes, events

export type OperationState = 'queued' | 'running' | 'undoing' | 'done' | 'failed' | 'cancelled'

export interface OperationsTable {
  id: string
  kind: string
  version: number
  state: OperationState
  /** Which service runs the present step: `scheduler`, `share`, `data`. */
  topic: string
  /** Whose manila-share runs it; null for the scheduler. */
  backend_id: string | null
  resource_type: string
  resource_id: string
  project_id: string
  user_id: string
  request_id: string
  /** W3C Trace Context; null when nothing is traced. */
  traceparent: string | null
  payload: Json
  /** The lane whose fence guards the effects; the others are in `operation_lanes`. */
  lane: string
  /** Index into the plan of the step that is due. */
  step: number
  /** 0–100 as far as anybody knows. */
  progress: number
  /** Tries of the present step. */
  attempts: number
  /** How often the scheduler has placed it. */
  placements: number
  not_before: Stamp
  deadline_at: Stamp
  cancel_requested: Flag
  /** While undoing: what comes when everything is undone. */
  undo_then: 'fail' | 'place-again' | 'cancel' | null
  cause_code: string | null
  cause_message: string | null
  cause_retryable: Flag | null
  /** Manila's message detail id. */
  cause_detail_id: string | null
  /** JSON: for each pool the filter that refused it and why; admins only. */
  refusals: Json | null
  fence: number
  created_at: Stamp
  updated_at: Stamp
  started_at: Stamp | null
  finished_at: Stamp | null
}
export interface OperationStepsTable {
  operation_id: string
  step: number
  name: string
  state: 'started' | 'done' | 'undone'
  attempts: number
  /** JSON that later steps and the undo read; never a secret. */
  output: Json
  started_at: Stamp
  finished_at: Stamp | null
}
/** Which lanes an operation needs, and its place in each. */
export interface OperationLanesTable {
  operation_id: string
  lane: string
  lane_seq: number
  /** 1 once the operation is over: what comes behind it may run. */
  finished: Flag
}
export interface LanesTable {
  /** `instance:<id>`, `group:<id>`, `server:<id>`, `backend:<id>`… */
  lane: string
  next_seq: number
  holder: string | null
  /** Grows whenever the holder changes or an administrator intervenes. */
  fence: number
  /** Microseconds by the *database's* clock. */
  expires_at: number
}
export interface TombstonesTable {
  resource_type: string
  id: string
  project_id: string
  /** JSON of the row, so that a marker still finds its place. */
  row_json: Json
  deleted_at: Stamp
}
/** Something that may still be on a backend although its row is gone (force delete with the backend away). */
export interface OrphansTable {
  id: string
  backend_id: string
  kind: string
  resource_id: string
  driver_state: Json
  reason: string
  created_at: Stamp
}
export interface EventsTable {
  id: string
  created_at: Stamp
  project_id: string
  resource_type: string
  resource_id: string
  event: string
  request_id: string | null
  operation_id: string | null
  /** JSON, no secrets. */
  detail: Json
}
export interface MessagesTable {
  id: string
  project_id: string
  request_id: string | null
  resource_type: string | null
  resource_id: string | null
  action_id: string
  detail_id: string
  message_level: string
  created_at: Stamp
  expires_at: Stamp
}
export interface IdempotencyKeysTable {
  project_id: string
  user_id: string
  method: string
  /** sha256 hex of the path, then the version and the key. */
  path_hash: string
  api_version: string
  idempotency_key: string
  body_hash: string
  /** null while the first request is still running. */
  status: number | null
  reply: Json | null
  created_at: Stamp
}
/** Last run of each timed job, so that several processes share them. */
export interface PeriodicJobsTable {
  name: string
  next_at: Stamp
}

/** `position`: every event created before it was passed on. */
export interface NotificationCursorsTable {
  name: string
  position: Stamp
}
/** Events newer than the cursor that were passed on already. */
export interface NotificationsSentTable {
  event_id: string
  event_at: Stamp
}

export interface Database {
  domains: DomainsTable
  projects: ProjectsTable
  users: UsersTable
  groups: GroupsTable
  group_members: GroupMembersTable
  roles: RolesTable
  role_assignments: RoleAssignmentsTable
  application_credentials: ApplicationCredentialsTable
  revoked_tokens: RevokedTokensTable
  login_attempts: LoginAttemptsTable
  availability_zones: AvailabilityZonesTable
  services: ServicesTable
  processes: ProcessesTable
  process_services: ProcessServicesTable
  backends: BackendsTable
  pools: PoolsTable
  pool_claims: PoolClaimsTable
  share_types: ShareTypesTable
  share_type_extra_specs: ShareTypeExtraSpecsTable
  share_type_projects: ShareTypeProjectsTable
  qos_types: QosTypesTable
  qos_type_specs: QosTypeSpecsTable
  shares: SharesTable
  share_metadata: ShareMetadataTable
  share_instances: ShareInstancesTable
  share_instance_export_locations: ShareInstanceExportLocationsTable
  export_location_metadata: ExportLocationMetadataTable
  usages: UsagesTable
  snapshots: SnapshotsTable
  snapshot_metadata: SnapshotMetadataTable
  snapshot_instances: SnapshotInstancesTable
  snapshot_instance_export_locations: SnapshotInstanceExportLocationsTable
  snapshot_access_rules: SnapshotAccessRulesTable
  access_rules: AccessRulesTable
  access_rule_metadata: AccessRuleMetadataTable
  access_rule_mappings: AccessRuleMappingsTable
  resource_locks: ResourceLocksTable
  quota_limits: QuotaLimitsTable
  quota_classes: QuotaClassesTable
  quota_usages: QuotaUsagesTable
  share_networks: ShareNetworksTable
  share_network_subnets: ShareNetworkSubnetsTable
  share_network_subnet_metadata: ShareNetworkSubnetMetadataTable
  security_services: SecurityServicesTable
  share_network_security_services: ShareNetworkSecurityServicesTable
  share_servers: ShareServersTable
  share_server_subnets: ShareServerSubnetsTable
  network_allocations: NetworkAllocationsTable
  share_group_types: ShareGroupTypesTable
  share_group_type_specs: ShareGroupTypeSpecsTable
  share_group_type_share_types: ShareGroupTypeShareTypesTable
  share_group_type_projects: ShareGroupTypeProjectsTable
  share_groups: ShareGroupsTable
  share_group_share_types: ShareGroupShareTypesTable
  share_group_snapshots: ShareGroupSnapshotsTable
  share_group_snapshot_members: ShareGroupSnapshotMembersTable
  share_backups: ShareBackupsTable
  share_transfers: ShareTransfersTable
  operations: OperationsTable
  operation_steps: OperationStepsTable
  operation_lanes: OperationLanesTable
  lanes: LanesTable
  tombstones: TombstonesTable
  orphans: OrphansTable
  events: EventsTable
  messages: MessagesTable
  idempotency_keys: IdempotencyKeysTable
  periodic_jobs: PeriodicJobsTable
  notification_cursors: NotificationCursorsTable
  notifications_sent: NotificationsSentTable
}

/** The pool of connections. Inside a transaction only {@link Tx} may be used: with SQLite the other one waits for ever. */
export type Db = Kysely<Database>
export type Tx = Transaction<Database>
/** For reads that don't care. */
export type DbOrTx = Db | Tx
