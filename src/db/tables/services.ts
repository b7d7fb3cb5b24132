/** Who serves, and on what storage. */
import type { Flag, Json, Stamp } from './values.ts'

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
  /** The last state that an event told of; the state itself is derived. */
  told_state?: string | null
  /** Since when it is in that state; null = not known. */
  state_since?: Stamp | null
  /** When it was last enabled or disabled; null = never, or not known. */
  switched_at?: Stamp | null
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
  /** JSON: the plans it knows, as `create-share@2`. The release before leaves it empty. */
  plans?: Json | null
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
  /** Why it takes no new shares although it serves those it has; a sentence. */
  closed_reason?: string | null
  health_at: Stamp
  /** JSON of backend-level capabilities. */
  capabilities: Json
  created_at: Stamp
}
/** How far a check of all shares of a backend is. */
export interface EnsureRunsTable {
  /** Of the operation that asked for it, or of the backend. */
  id: string
  backend_id: string
  made_for: string
  position: string | null
  /** JSON: items to look at again. */
  left_over: Json
  checked: number
  lost: number
  updated_at: Stamp
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
  /** Why its exports are read-only although their rules say otherwise; null when they are not. */
  read_only_reason?: string | null
}
/** A promise of space the measurement can't know yet. */
export interface PoolClaimsTable {
  id: string
  pool_id: string
  /** Operation or instance that made it. */
  owner_id: string
  size_gib: number
  claimed_at: Stamp
  /** Until when it may be invisible on the backend; empty: until the next measurement; null: the release before made it. */
  operation_id?: string | null
}

export interface ServiceTables {
  availability_zones: AvailabilityZonesTable
  services: ServicesTable
  processes: ProcessesTable
  process_services: ProcessServicesTable
  backends: BackendsTable
  ensure_runs: EnsureRunsTable
  pools: PoolsTable
  pool_claims: PoolClaimsTable
}
