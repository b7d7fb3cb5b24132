/**
 * Every table of a filled deployment as one `insert … select` over whole numbers. Ids follow from the numbers, so that rows find one
 * another, and are spread over their index as random ones are. Everything is at rest: `available`, `active`, measured.
 */
import type { Words } from './words.ts'

export interface FillPlan {
  readonly shares: number
  readonly projects: number
  readonly pools: number
  /** Microseconds since the epoch. */
  readonly now: number
}

export interface Table {
  readonly table: string
  /** How many rows it will get. */
  readonly count: number
  readonly statement: string
}

export const poolsPerBackend = 100
/** Of each share: rules, snapshots, points of its usage, events. */
export const perShare = { rules: 3, snapshots: 3, points: 3, events: 2 } as const

const dayUs = 86_400_000_000
const year = 365
const gib = 1_073_741_824
/** Every bit of the number moves its beginning (Knuth's multiplicative hash). */
const spread = (n: string): string => `(((${n}) * 2654435761) % 4294967296)`

type Columns = Readonly<Record<string, string>>

/** Each in turn; a later one may read what an earlier one wrote. */
export function tablesOf(plan: FillPlan, words: Words): Table[] {
  const { shares, projects, pools, now } = plan
  const backends = Math.ceil(pools / poolsPerBackend)
  const { numbers, hex, sha256, text, div } = words
  /** A uuid of a kind of thing; the same number is the same id. */
  const uuid = (kind: number, n: string): string =>
    `${hex(spread(n), 8)} || '-0000-4000-8${hexadecimal(kind)}-' || ${hex(n, 12)}`
  const projectId = (n: string): string => `${hex(spread(n), 8)} || ${hex(n, 24)}`
  const userId = (n: string): string => `'u' || ${projectId(n)}`
  const shareId = (n: string): string => uuid(1, n)
  const instanceId = (n: string): string => uuid(2, n)
  const poolLabel = (n: string): string =>
    `'filled-' || ${text(div(n, String(poolsPerBackend)))} || '@store#pool-' || ${text(n)}`
  const backendLabel = (n: string): string => `'filled-' || ${text(n)} || '@store'`
  const poolOf = (n: string): string => `((${n}) % ${pools})`
  const projectOf = (n: string): string => `((${n}) % ${projects})`
  const backendOf = (n: string): string => div(poolOf(n), String(poolsPerBackend))
  const sizeOf = (n: string): string => `(1 + (${n}) % 10)`
  /** Over the last year, the first the oldest. */
  const stampOf = (n: string, count: number): string =>
    `(${now - year * dayUs} + ${div(`(${n}) * ${Math.floor((year * dayUs) / Math.max(1, count))}`, '1')})`
  const created = stampOf('g.n', shares)

  const one = (table: string, columns: Columns): Table => ({
    table,
    count: 1,
    statement: `insert into ${table} (${Object.keys(columns).join(', ')}) values (${Object.values(columns).join(', ')})`,
  })
  const many = (table: string, count: number, columns: Columns): Table => ({
    table,
    count,
    statement: `insert into ${table} (${Object.keys(columns).join(', ')})
      select ${Object.values(columns).join(', ')} from ${numbers(0, count - 1, 'g')}`,
  })
  /** `each` rows for each share: the share's number is `s`, its row's `k`. */
  const ofShares = (table: string, each: number, columns: (s: string, k: string) => Columns): Table =>
    many(table, shares * each, columns(div('g.n', String(each)), `(g.n % ${each})`))

  const shown = {
    status: `'available'`,
    host: poolLabel(poolOf('g.n')),
    availability_zone_id: `'${zoneId}'`,
    share_type_id: `'${typeId}'`,
    access_rules_status: `'active'`,
    progress: `'100%'`,
  }
  const capabilities = `'${JSON.stringify(poolCapabilities)}'`
  return [
    one('share_types', {
      id: `'${typeId}'`,
      name: `'filled'`,
      description: `'Of the shares that a measurement made.'`,
      is_public: '1',
      created_at: String(now),
    }),
    ...Object.entries({ driver_handles_share_servers: 'False', snapshot_support: 'True' }).map(
      ([key, value]) =>
        one('share_type_extra_specs', {
          share_type_id: `'${typeId}'`,
          spec_key: `'${key}'`,
          spec_value: `'${value}'`,
        }),
    ),
    one('availability_zones', { id: `'${zoneId}'`, name: `'filled'`, created_at: String(now) }),
    many('projects', projects, {
      id: projectId('g.n'),
      domain_id: `'default'`,
      name: `'filled-' || ${text('g.n')}`,
      description: `''`,
      enabled: '1',
      created_at: String(now - year * dayUs),
    }),
    ...['shares', 'gigabytes', 'snapshots', 'snapshot_gigabytes'].map((resource) =>
      many('quota_limits', projects, {
        project_id: projectId('g.n'),
        scope: `'project'`,
        scope_id: `''`,
        resource: `'${resource}'`,
        hard_limit: '-1',
      }),
    ),
    many('services', backends, {
      id: '1000000 + g.n',
      host: backendLabel('g.n'),
      binary_name: `'manila-share'`,
      topic: `'share'`,
      availability_zone_id: `'${zoneId}'`,
      disabled: '0',
      stopped: '0',
      heartbeat_at: String(now),
      created_at: String(now - year * dayUs),
    }),
    many('backends', backends, {
      id: uuid(3, 'g.n'),
      label: backendLabel('g.n'),
      backend_name: `'store'`,
      availability_zone_id: `'${zoneId}'`,
      reach: `'network'`,
      health: `'ready'`,
      health_at: String(now),
      capabilities: `'{}'`,
      created_at: String(now - year * dayUs),
    }),
    many('pools', pools, {
      id: uuid(4, 'g.n'),
      backend_id: uuid(3, div('g.n', String(poolsPerBackend))),
      label: poolLabel('g.n'),
      name: `'pool-' || ${text('g.n')}`,
      capabilities,
      total_gib: '100000',
      free_gib: '50000',
      measured_at: String(now),
      placed_gib: '0',
      reported: '1',
    }),
    many('shares', shares, {
      id: shareId('g.n'),
      project_id: projectId(projectOf('g.n')),
      user_id: userId(projectOf('g.n')),
      name: `'filled-' || ${text('g.n')}`,
      description: `''`,
      size: sizeOf('g.n'),
      share_proto: `'NFS'`,
      is_public: '0',
      has_replicas: '0',
      snapshot_support: '1',
      create_share_from_snapshot_support: '1',
      revert_to_snapshot_support: '1',
      mount_snapshot_support: '0',
      snapshot_inherit_share_access_support: '0',
      is_soft_deleted: '0',
      created_at: created,
      updated_at: created,
      instance_id: instanceId('g.n'),
      ...shown,
    }),
    many('share_instances', shares, {
      id: instanceId('g.n'),
      share_id: shareId('g.n'),
      pool_id: uuid(4, poolOf('g.n')),
      backend_id: uuid(3, backendOf('g.n')),
      placed_gib: sizeOf('g.n'),
      cast_rules_to_readonly: '0',
      driver_state: `'{}'`,
      access_generation: '1',
      access_applied: '1',
      created_at: created,
      updated_at: created,
      scheduled_at: created,
      launched_at: created,
      ...shown,
    }),
    {
      table: 'pools',
      count: pools,
      statement: `update pools set placed_gib =
        (select coalesce(sum(i.placed_gib), 0) from share_instances i where i.pool_id = pools.id)`,
    },
    many('share_instance_export_locations', shares, {
      id: uuid(5, 'g.n'),
      share_instance_id: instanceId('g.n'),
      path: `'192.0.2.1:/exports/' || ${instanceId('g.n')}`,
      path_hash: sha256(`'192.0.2.1:/exports/' || ${instanceId('g.n')}`),
      is_admin_only: '0',
      preferred: '1',
      created_at: created,
      updated_at: created,
    }),
    many('share_metadata', shares, {
      share_id: shareId('g.n'),
      meta_key: `'purpose'`,
      meta_value: `'test-' || ${text('g.n % 100')}`,
    }),
    many('usages', shares, {
      id: instanceId('g.n'),
      kind: `'share'`,
      used_bytes: `${sizeOf('g.n')} * ${gib / 2}`,
      method: `'filled'`,
      measured_at: String(now),
    }),
    ofShares('access_rules', perShare.rules, (s, k) => {
      const address = `'10.' || ${text(k)} || '.' || ${text(`(${s} % 250)`)} || '.1'`
      return {
        id: uuid(6, 'g.n'),
        share_id: shareId(s),
        access_type: `'ip'`,
        access_to: address,
        canonical_to: address,
        access_level: `'rw'`,
        state: `'active'`,
        created_at: stampOf(s, shares),
        updated_at: stampOf(s, shares),
      }
    }),
    ofShares('access_rule_mappings', perShare.rules, (s) => ({
      access_rule_id: uuid(6, 'g.n'),
      share_instance_id: instanceId(s),
      state: `'active'`,
    })),
    ofShares('snapshots', perShare.snapshots, (s) => ({
      id: uuid(7, 'g.n'),
      share_id: shareId(s),
      project_id: projectId(projectOf(s)),
      user_id: userId(projectOf(s)),
      name: `'filled-' || ${text('g.n')}`,
      description: `''`,
      size: sizeOf(s),
      share_size: sizeOf(s),
      share_proto: `'NFS'`,
      status: `'available'`,
      created_at: stampOf('g.n', shares * perShare.snapshots),
      updated_at: stampOf('g.n', shares * perShare.snapshots),
    })),
    ofShares('snapshot_instances', perShare.snapshots, (s) => ({
      id: uuid(8, 'g.n'),
      snapshot_id: uuid(7, 'g.n'),
      share_instance_id: instanceId(s),
      status: `'available'`,
      progress: `'100%'`,
      driver_state: `'{}'`,
      access_generation: '0',
      access_applied: '0',
      created_at: stampOf('g.n', shares * perShare.snapshots),
      updated_at: stampOf('g.n', shares * perShare.snapshots),
    })),
    ofShares('events', perShare.events, (s, k) => ({
      id: uuid(9, 'g.n'),
      created_at: `${stampOf(s, shares)} + ${k}`,
      project_id: projectId(projectOf(s)),
      resource_type: `'share'`,
      resource_id: shareId(s),
      event: `case ${k} when 0 then 'share.created' else 'share.status' end`,
      detail: `case ${k} when 0 then '{}' else '{"status":"available"}' end`,
      seq: 'g.n + 1',
    })),
    // What a service that ran here told of itself gets numbers behind these.
    { table: 'events', count: 0, statement: `update events set seq = null where resource_type <> 'share'` },
    { table: 'event_orders', count: 0, statement: `delete from event_orders where name = 'events'` },
    one('event_orders', { name: `'events'`, next_seq: String(shares * perShare.events + 1) }),
    ofShares('usage_points', perShare.points, (s, k) => ({
      kind: `'share'`,
      id: shareId(s),
      ...dayPoint(now, `${k} * 120`),
      size_bytes: `${sizeOf(s)} * ${gib}`,
      used_bytes: `${sizeOf(s)} * ${gib / 2}`,
    })),
    many('usage_points', projects * year, {
      kind: `'project'`,
      id: projectId(div('g.n', String(year))),
      ...dayPoint(now, `g.n % ${year}`),
      size_bytes: String(gib),
      used_bytes: String(gib / 2),
      shares: String(Math.ceil(shares / projects)),
    }),
    many('usage_points', pools * weeks, {
      kind: `'pool'`,
      id: uuid(4, div('g.n', String(weeks))),
      ...dayPoint(now, `(g.n % ${weeks}) * 7`),
      size_bytes: String(100_000 * gib),
      used_bytes: String(50_000 * gib),
      placed_bytes: String(50_000 * gib),
    }),
  ]
}

const weeks = 52
const typeId = 'f111ed00-0000-4000-8000-000000000001'
const zoneId = 'f111ed00-0000-4000-8000-000000000002'
const hexadecimal = (kind: number): string => kind.toString(16).padStart(3, '0')
const daySeconds = 86_400

const dayPoint = (now: number, daysAgo: string): Columns => ({
  step_s: String(daySeconds),
  at: `${Math.floor(now / dayUs) * dayUs} - (${daysAgo}) * ${dayUs}`,
})

/** As a plain NFS backend reports itself. */
const poolCapabilities = {
  share_backend_name: 'store',
  driver_version: '1.0',
  storage_protocol: 'NFS',
  driver_handles_share_servers: false,
  snapshot_support: true,
  create_share_from_snapshot_support: true,
  revert_to_snapshot_support: true,
  mount_snapshot_support: false,
  thin_provisioning: [true],
  max_over_subscription_ratio: 20,
  reserved_percentage: 0,
}
