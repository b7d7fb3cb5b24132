/**
 * Which rows a share node's user may write, where the database can tell rows apart: those of its own backends, `host@backend` by
 * `host@backend`. Reading is not narrowed. Everybody else keeps every row: what is made for one user is a restrictive policy beside
 * a permissive one for all, and the owner of the tables is bound by neither.
 *
 * A policy is asked of the row as it is then: what hangs on a share, an instance or a snapshot is deleted before it (`store/`), so its
 * owner is still found; a share's row itself says where it is in `host`.
 */
import { backendLane, groupLane, instanceLane, leaderLane } from '../model/lanes.ts'
import type { Database } from './schema.ts'

type Table = keyof Database

/** Words for the owner of a row; `labels` is a list of literals. */
function words(labels: string) {
  const backends = `select b.id from backends b where b.label in (${labels})`
  const at = (host: string) => `split_part(${host}, '#', 1) in (${labels})`
  const instance = (id: string) =>
    `exists (select 1 from share_instances i where i.id = ${id} and i.backend_id in (${backends}))`
  const here = (shares: string) =>
    `(${at(`${shares}.host`)} or exists (select 1 from share_instances i ` +
    `where i.share_id = ${shares}.id and i.backend_id in (${backends})))`
  const share = (id: string) => `exists (select 1 from shares s where s.id = ${id} and ${here('s')})`
  const through = (table: Table, column: string, id: string, own: string) =>
    `exists (select 1 from ${table} p where p.${column} = ${id} and ${own})`
  return { backends, at, here, instance, share, through }
}

interface RowRule {
  /** Of the row that is there, for an update or delete. */
  readonly old: string
  /** Of the row that is written; the same unless it says otherwise. */
  readonly new?: string
}

/** Columns are named with their table: inside a subquery a bare name would be the subquery's own. */
function rulesFor(labels: string): Readonly<Partial<Record<Table, RowRule>>> {
  const { backends, at, here, instance, share, through } = words(labels)
  const ofBackend = (table: Table): RowRule => ({ old: `${table}.backend_id in (${backends})` })
  const operation = (id: string) => through('operations', 'id', id, `p.backend_id in (${backends})`)
  const family = (row: string) =>
    `(${row}.backend_id in (${backends}) or exists (select 1 from operations f where f.backend_id in (${backends}) ` +
    // Not itself: what is one's own now would else be anybody's next.
    `and f.id <> ${row}.id and coalesce(f.family_id, f.id) = coalesce(${row}.family_id, ${row}.id)))`
  const instanceOf = `substr(lanes.lane, ${instanceLane('').length + 1})`
  const groupOf = `substr(lanes.lane, ${groupLane('').length + 1})`
  /** Not placed yet, and made with a group that is here. */
  const toCome = (id: string) =>
    `exists (select 1 from share_instances i join shares s on s.id = i.share_id join share_groups g on g.id = s.share_group_id ` +
    `where i.id = ${id} and i.backend_id is null and g.backend_id in (${backends}))`
  const group = (id: string) => through('share_groups', 'id', id, `p.backend_id in (${backends})`)
  return {
    services: { old: `services.host in (${labels})` },
    backends: { old: `backends.label in (${labels})` },
    pools: ofBackend('pools'),
    pool_claims: {
      old: through('pools', 'id', 'pool_claims.pool_id', `p.backend_id in (${backends})`),
    },
    orphans: ofBackend('orphans'),
    ensure_runs: ofBackend('ensure_runs'),
    storage_findings: ofBackend('storage_findings'),
    shares: { old: here('shares'), new: `(${at('shares.host')} or shares.host = '')` },
    share_instances: {
      old: `share_instances.backend_id in (${backends})`,
      new: `(share_instances.backend_id is null or share_instances.backend_id in (${backends}))`,
    },
    // A deleted share is forgotten by those that named it in their hints, wherever they are.
    share_metadata: {
      old: `(share_metadata.meta_key like '\\_\\_affinity\\_%' or ${share('share_metadata.share_id')})`,
    },
    share_instance_export_locations: {
      old: instance('share_instance_export_locations.share_instance_id'),
    },
    export_location_metadata: {
      old: through(
        'share_instance_export_locations',
        'id',
        'export_location_metadata.export_location_id',
        instance('p.share_instance_id'),
      ),
    },
    mount_point_names: { old: instance('mount_point_names.instance_id') },
    access_rules: { old: share('access_rules.share_id') },
    access_rule_mappings: { old: instance('access_rule_mappings.share_instance_id') },
    access_rule_metadata: {
      old: through('access_rules', 'id', 'access_rule_metadata.access_rule_id', share('p.share_id')),
    },
    resource_locks: {
      old:
        `(${share('resource_locks.resource_id')} or ` +
        `${through('access_rules', 'id', 'resource_locks.resource_id', share('p.share_id'))})`,
    },
    snapshots: { old: share('snapshots.share_id') },
    snapshot_instances: { old: instance('snapshot_instances.share_instance_id') },
    snapshot_metadata: {
      old: through('snapshots', 'id', 'snapshot_metadata.snapshot_id', share('p.share_id')),
    },
    snapshot_access_rules: {
      old: through('snapshots', 'id', 'snapshot_access_rules.snapshot_id', share('p.share_id')),
    },
    snapshot_instance_export_locations: {
      old: through(
        'snapshot_instances',
        'id',
        'snapshot_instance_export_locations.snapshot_instance_id',
        instance('p.share_instance_id'),
      ),
    },
    usages: {
      old: `(${instance('usages.id')} or ${through('snapshot_instances', 'id', 'usages.id', instance('p.share_instance_id'))})`,
    },
    share_groups: {
      old: `share_groups.backend_id in (${backends})`,
      new: `(share_groups.backend_id is null or share_groups.backend_id in (${backends}))`,
    },
    share_group_share_types: { old: group('share_group_share_types.share_group_id') },
    share_group_snapshots: { old: group('share_group_snapshots.share_group_id') },
    // A family has members on several backends: each starts, asks and wakes the others.
    operations: { old: family('operations') },
    operation_steps: { old: operation('operation_steps.operation_id') },
    operation_lanes: { old: through('operations', 'id', 'operation_lanes.operation_id', family('p')) },
    // The lane of an instance or a group that is gone is nobody's: its last holder lets go of it.
    lanes: {
      old:
        `(exists (select 1 from backends b where b.label in (${labels}) and ` +
        `lanes.lane in ('${backendLane('')}' || b.id, '${leaderLane('')}' || b.id)) or (` +
        `lanes.lane like '${instanceLane('')}%' and (${instance(instanceOf)} or ${toCome(instanceOf)} or not exists (` +
        `select 1 from share_instances i where i.id = ${instanceOf}))) or (` +
        `lanes.lane like '${groupLane('')}%' and (${group(groupOf)} or not exists (` +
        `select 1 from share_groups g where g.id = ${groupOf}))))`,
    },
  }
}

/** Tables whose rows belong to a backend. */
export const backendTables = Object.keys(rulesFor("''")) as readonly Table[]

const labelPattern = /^[A-Za-z0-9_.-]{1,200}@[A-Za-z0-9_-]{1,60}$/
export const isBackendLabel = (text: string): boolean => labelPattern.test(text)

/**
 * The statements for one user, to be run in one transaction; run again they replace what they made before. Throws when a label is
 * none, for it becomes a literal.
 */
export function rowPolicies(user: string, backendLabels: readonly string[]): string[] {
  const wrong = backendLabels.find((label) => !isBackendLabel(label))
  if (wrong !== undefined || backendLabels.length === 0)
    throw new Error(`${wrong ?? '""'} is no host@backend`)
  const rules = rulesFor(backendLabels.map((label) => `'${label}'`).join(', '))
  return Object.entries(rules).flatMap(([table, rule]) => [
    `drop policy if exists manila_everybody on "${table}"`,
    `create policy manila_everybody on "${table}" using (true) with check (true)`,
    `alter table "${table}" enable row level security`,
    ...(
      [
        ['insert', `with check (${rule.new ?? rule.old})`],
        ['update', `using (${rule.old}) with check (${rule.new ?? rule.old})`],
        ['delete', `using (${rule.old})`],
      ] as const
    ).flatMap(([verb, condition]) => [
      `drop policy if exists "${policyName(user, verb)}" on "${table}"`,
      `create policy "${policyName(user, verb)}" on "${table}" as restrictive for ${verb} to "${user}" ${condition}`,
    ]),
  ])
}

/** PostgreSQL cuts names at 63 characters. */
const policyName = (user: string, verb: string): string => `${user.slice(0, 50)}_${verb}`
