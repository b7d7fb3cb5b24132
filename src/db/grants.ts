/**
 * What each service needs of the database, table by table, so that each can have a user of its own: a node that holds storage
 * never reads who users are, and the scheduler changes nothing it does not decide. `write` includes reading.
 */
import { ledgers } from './migrations/ledgers.ts'
import type { Database } from './schema.ts'

type Table = keyof Database

export type GrantedService = 'api' | 'scheduler' | 'share' | 'data'
export const grantedServices: readonly GrantedService[] = ['api', 'scheduler', 'share', 'data']

interface Needs {
  readonly read: readonly Table[]
  /** Added to and read, never changed: what was said stays said. */
  readonly append: readonly Table[]
  readonly write: readonly Table[]
}

/** Every process: who lives, who holds what, which work there is, what happened. */
const common: readonly Table[] = [
  'availability_zones',
  'lanes',
  'operation_lanes',
  'operation_steps',
  'operations',
  'process_services',
  'processes',
  'quota_usages',
  'services',
]

const records: readonly Table[] = ['events', 'messages', 'tombstones']

/** Users, projects and what proves who they are: only the API, which is also their Keystone. */
const identity: readonly Table[] = [
  'application_credentials',
  'catalog_endpoints',
  'catalog_regions',
  'catalog_services',
  'credential_rules',
  'audit_events',
  'dashboard_sessions',
  'directory_ids',
  'domains',
  'group_members',
  'groups',
  'inherited_assignments',
  'login_attempts',
  'login_records',
  'old_passwords',
  'password_facts',
  'project_tags',
  'projects',
  'revoked_tokens',
  'role_assignments',
  'role_implications',
  'roles',
  'users',
]

/** Shares and everything that belongs to them. */
const shares: readonly Table[] = [
  'access_rule_mappings',
  'access_rule_metadata',
  'access_rules',
  'export_location_metadata',
  'mount_point_names',
  'resource_locks',
  'share_instance_export_locations',
  'share_instances',
  'share_metadata',
  'shares',
  'snapshot_access_rules',
  'snapshot_instance_export_locations',
  'snapshot_instances',
  'snapshot_metadata',
  'snapshots',
  'usages',
]

const types: readonly Table[] = [
  'share_group_type_specs',
  'share_group_type_share_types',
  'share_group_types',
  'share_type_extra_specs',
  'share_type_projects',
  'share_types',
]
const groups: readonly Table[] = ['share_group_share_types', 'share_group_snapshots', 'share_groups']
const pools: readonly Table[] = ['backends', 'pool_claims', 'pools']

const needs: Readonly<Record<Exclude<GrantedService, 'api'>, Needs>> = {
  scheduler: {
    read: [...types, 'backends', 'share_metadata'],
    append: records,
    // Snapshots: one that a revert waited for is available again when there is no room for it.
    write: [
      ...common,
      'pools',
      'pool_claims',
      'shares',
      'share_instances',
      'snapshots',
      'snapshot_instances',
      ...groups,
    ],
  },
  share: {
    // Limits: what is taken over is charged when its size is known.
    read: [...types, 'quota_classes', 'quota_limits'],
    append: records,
    write: [...common, ...shares, ...groups, ...pools, 'ensure_runs', 'orphans', 'storage_findings'],
  },
  data: {
    read: [...types, ...pools, 'orphans'],
    append: [],
    write: [
      ...common,
      ...records,
      ...shares,
      ...groups,
      'dashboard_sessions',
      'event_orders',
      'idempotency_keys',
      'notification_cursors',
      'notifications_sent',
      'periodic_jobs',
      'revoked_tokens',
      'usage_points',
    ],
  },
}

export interface Grant {
  readonly table: string
  readonly verbs: readonly ('select' | 'insert' | 'update' | 'delete')[]
}

/** Of all tables that there are, those that the service may use. Kysely's own say which schema it is. */
export function grantsOf(service: GrantedService, all: readonly string[]): Grant[] {
  const own = all.filter((table) => !table.startsWith('kysely_'))
  const schema = ledgers.map(({ table }): Grant => ({ table, verbs: ['select'] }))
  const everything = ['select', 'insert', 'update', 'delete'] as const
  if (service === 'api') return [...schema, ...own.map((table) => ({ table, verbs: everything }))]
  const { read, append, write } = needs[service]
  return [
    ...schema,
    ...own.flatMap((table): Grant[] => {
      if (write.includes(table as Table)) return [{ table, verbs: everything }]
      if (append.includes(table as Table)) return [{ table, verbs: ['select', 'insert'] }]
      return read.includes(table as Table) ? [{ table, verbs: ['select'] }] : []
    }),
  ]
}

/** Tables that nobody but the API may look into. */
export const privateTables = identity
