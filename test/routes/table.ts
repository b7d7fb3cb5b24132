/**
 * Every route of the original's API at 2.99 and of its older names, written by hand from the wire's description, not from
 * the code under test. `:name` stands for the id of the noun that `ids` names; `since`/`until` are minors of `2.N`.
 *
 * Nouns that later work brings (groups, networks, servers, replicas, backups, transfers, QoS) are here too: until then
 * they answer 404 to everybody, which the same tests check.
 */

import { maxMinor } from '../../src/model/version.ts'

export type Noun =
  | 'share'
  | 'instance'
  | 'location'
  | 'rule'
  | 'snapshot'
  | 'snapshotInstance'
  | 'snapshotLocation'
  | 'snapshotRule'
  | 'type'
  | 'project'
  | 'message'
  | 'lock'
  | 'operation'
  | 'group'
  | 'groupType'
  | 'groupSnapshot'
  | 'class'
  | 'key'
  | 'other'

export interface TableRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly since: number
  readonly until: number
  /** Which noun each parameter of the path is an id of. */
  readonly ids: Readonly<Record<string, Noun>>
  /** Actions of `…/action`, as `name: body`. */
  readonly actions?: Readonly<Record<string, unknown>>
  /** A body that is right, so that the refusal is about the id. */
  readonly body?: unknown
  /** The original has no such route: `GET /v2/capabilities` names it. */
  readonly ours?: true
  /** Brought by later work. */
  readonly later?: true
  /** Its answer does not end: tests that read whole answers pass it over, its own (`src/api/events`) look at its walls. */
  readonly endless?: true
}

type Extra = Partial<Pick<TableRoute, 'since' | 'until' | 'actions' | 'body' | 'ours' | 'later' | 'endless'>>

const nounOf: Readonly<Record<string, Noun>> = {
  share: 'share',
  instance: 'instance',
  location: 'location',
  rule: 'rule',
  snapshot: 'snapshot',
  snapshot_instance: 'snapshotInstance',
  snapshot_location: 'snapshotLocation',
  type: 'type',
  project: 'project',
  message: 'message',
  lock: 'lock',
  operation: 'operation',
  group: 'group',
  group_type: 'groupType',
  group_snapshot: 'groupSnapshot',
  class: 'class',
  key: 'key',
  id: 'other',
  sub: 'other',
}

const ours = true

function route(line: string, extra: Extra = {}): TableRoute {
  const [method = '', path = ''] = line.split(' ')
  const ids = Object.fromEntries(
    [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, nounOf[name] ?? 'other']),
  )
  return { method: method as 'GET', path, since: 0, until: maxMinor, ids, ...extra }
}

/** The six routes of a metadata sub-tree. */
const metadata = (base: string, since: number, extra: Extra = {}): TableRoute[] => [
  route(`GET ${base}/metadata`, { since, ...extra }),
  route(`POST ${base}/metadata`, { since, body: { metadata: { k: 'v' } }, ...extra }),
  route(`PUT ${base}/metadata`, { since, body: { metadata: { k: 'v' } }, ...extra }),
  route(`GET ${base}/metadata/:key`, { since, ...extra }),
  route(`POST ${base}/metadata/:key`, { since, body: { metadata: { k: 'v' } }, ...extra }),
  route(`DELETE ${base}/metadata/:key`, { since, ...extra }),
]

/** List, create, show, update, delete of a collection that later work brings. */
const later = (base: string, since: number): TableRoute[] =>
  ['GET', 'POST']
    .map((method) => route(`${method} ${base}`, { since, later: true, body: {} }))
    .concat(
      ['GET', 'PUT', 'DELETE'].map((method) =>
        route(`${method} ${base}/:id`, { since, later: true, body: {} }),
      ),
    )

const uuid = '11111111-2222-4333-8444-555555555555'

export const routeTable: readonly TableRoute[] = [
  // Shares
  route('GET /shares'),
  route('GET /shares/detail'),
  route('POST /shares', { body: { share: { share_proto: 'NFS', size: 1 } } }),
  route('GET /shares/:share'),
  route('PUT /shares/:share', { body: { share: { display_name: 'n' } } }),
  route('DELETE /shares/:share'),
  route('POST /shares/:share/action', {
    since: 7,
    actions: {
      allow_access: { access_type: 'ip', access_to: '10.9.9.9' },
      deny_access: { access_id: uuid },
      extend: { new_size: 3 },
      shrink: { new_size: 1 },
      reset_status: { status: 'available' },
      force_delete: null,
      unmanage: null,
      revert: { snapshot_id: uuid },
      soft_delete: null,
      restore: null,
      reset_task_state: { task_state: null },
    },
  }),
  route('POST /shares/:share/action', {
    until: 6,
    actions: {
      'os-allow_access': { access_type: 'ip', access_to: '10.9.9.9' },
      'os-deny_access': { access_id: uuid },
      'os-access_list': null,
      'os-extend': { new_size: 3 },
      'os-shrink': { new_size: 1 },
      'os-reset_status': { status: 'available' },
      'os-force_delete': null,
    },
  }),
  route('POST /shares/:share/action', { since: 7, until: 44, actions: { access_list: null } }),
  route('POST /shares/manage', {
    since: 7,
    body: { share: { service_host: 'h@b#p', export_path: '/x', protocol: 'NFS' } },
  }),
  route('POST /os-share-manage', {
    until: 6,
    body: { share: { service_host: 'h@b#p', export_path: '/x', protocol: 'NFS' } },
  }),
  route('POST /os-share-unmanage/:share/unmanage', { until: 6 }),
  route('GET /shares/:share/migration-progress', { since: 98, later: true }),
  route('GET /shares/:share/instances', { since: 3 }),
  route('GET /shares/:share/export_locations', { since: 9 }),
  route('GET /shares/:share/export_locations/:location', { since: 9 }),
  ...metadata('/shares/:share', 0),
  ...metadata('/shares/:share/export_locations/:location', 87),
  // Share instances
  route('GET /share_instances', { since: 3 }),
  route('GET /share_instances/:instance', { since: 3 }),
  route('POST /share_instances/:instance/action', {
    since: 7,
    actions: { reset_status: { status: 'available' }, force_delete: null },
  }),
  route('POST /share_instances/:instance/action', {
    since: 3,
    until: 6,
    actions: { 'os-reset_status': { status: 'available' }, 'os-force_delete': null },
  }),
  route('GET /share_instances/:instance/export_locations', { since: 9 }),
  route('GET /share_instances/:instance/export_locations/:location', { since: 9 }),
  // Access rules and locks
  route('GET /share-access-rules', { since: 45 }),
  route('GET /share-access-rules/:rule', { since: 45 }),
  route('PUT /share-access-rules/:rule', { since: 88, body: { update_access: { access_level: 'ro' } } }),
  route('PUT /share-access-rules/:rule/metadata', { since: 45, body: { metadata: { k: 'v' } } }),
  route('DELETE /share-access-rules/:rule/metadata/:key', { since: 45 }),
  route('GET /resource-locks', { since: 81 }),
  route('POST /resource-locks', {
    since: 81,
    body: { resource_lock: { resource_id: uuid, resource_type: 'share' } },
  }),
  route('GET /resource-locks/:lock', { since: 81 }),
  route('PUT /resource-locks/:lock', { since: 81, body: { resource_lock: { lock_reason: 'r' } } }),
  route('DELETE /resource-locks/:lock', { since: 81 }),
  // Snapshots
  route('GET /snapshots'),
  route('GET /snapshots/detail'),
  route('POST /snapshots', { body: { snapshot: { share_id: uuid } } }),
  route('GET /snapshots/:snapshot'),
  route('PUT /snapshots/:snapshot', { body: { snapshot: { display_name: 'n' } } }),
  route('DELETE /snapshots/:snapshot'),
  route('POST /snapshots/:snapshot/action', {
    since: 7,
    actions: {
      reset_status: { status: 'available' },
      force_delete: null,
      unmanage: null,
      allow_access: { access_type: 'ip', access_to: '10.9.9.9' },
      deny_access: { access_id: uuid },
    },
  }),
  route('POST /snapshots/:snapshot/action', {
    until: 6,
    actions: { 'os-reset_status': { status: 'available' }, 'os-force_delete': null },
  }),
  route('POST /snapshots/manage', {
    since: 12,
    body: { snapshot: { share_id: uuid, provider_location: 'x' } },
  }),
  route('GET /snapshots/:snapshot/access-list', { since: 32 }),
  route('GET /snapshots/:snapshot/export-locations', { since: 32 }),
  route('GET /snapshots/:snapshot/export-locations/:snapshot_location', { since: 32 }),
  ...metadata('/snapshots/:snapshot', 73),
  route('GET /snapshot-instances', { since: 19 }),
  route('GET /snapshot-instances/detail', { since: 19 }),
  route('GET /snapshot-instances/:snapshot_instance', { since: 19 }),
  route('POST /snapshot-instances/:snapshot_instance/action', {
    since: 19,
    actions: { reset_status: { status: 'available' } },
  }),
  route('GET /snapshot-instances/:snapshot_instance/export-locations', { since: 32 }),
  route('GET /snapshot-instances/:snapshot_instance/export-locations/:snapshot_location', { since: 32 }),
  // Types
  route('GET /types'),
  route('GET /types/default'),
  route('POST /types', {
    body: { share_type: { name: 'n', extra_specs: { driver_handles_share_servers: false } } },
  }),
  route('GET /types/:type'),
  route('PUT /types/:type', { since: 50, body: { share_type: { name: 'renamed' } } }),
  route('DELETE /types/:type'),
  route('POST /types/:type/action', {
    actions: { addProjectAccess: { project: uuid }, removeProjectAccess: { project: uuid } },
  }),
  route('GET /types/:type/share_type_access'),
  route('GET /types/:type/os-share-type-access'),
  route('GET /types/:type/extra_specs'),
  route('POST /types/:type/extra_specs', { body: { extra_specs: { a: 'b' } } }),
  route('GET /types/:type/extra_specs/:key'),
  route('PUT /types/:type/extra_specs/:key', { body: { k: 'v' } }),
  route('DELETE /types/:type/extra_specs/:key'),
  // Share groups
  ...['', '/detail'].flatMap((detail) => [
    route(`GET /share-groups${detail}`, { since: 31 }),
    route(`GET /share-group-snapshots${detail}`, { since: 31 }),
    route(`GET /share-replicas${detail}`, { since: 11 }),
  ]),
  route('POST /share-groups', { since: 31, body: { share_group: { name: 'n', description: 'd' } } }),
  route('GET /share-groups/:group', { since: 31 }),
  route('PUT /share-groups/:group', { since: 31, body: { share_group: { name: 'n' } } }),
  route('DELETE /share-groups/:group', { since: 31 }),
  route('POST /share-groups/:group/action', {
    since: 31,
    actions: { reset_status: { status: 'available' }, force_delete: null },
  }),
  route('POST /share-group-snapshots', {
    since: 31,
    body: { share_group_snapshot: { share_group_id: uuid, name: 'n' } },
  }),
  route('GET /share-group-snapshots/:group_snapshot', { since: 31 }),
  route('GET /share-group-snapshots/:group_snapshot/members', { since: 31 }),
  route('PUT /share-group-snapshots/:group_snapshot', {
    since: 31,
    body: { share_group_snapshot: { name: 'n' } },
  }),
  route('DELETE /share-group-snapshots/:group_snapshot', { since: 31 }),
  route('POST /share-group-snapshots/:group_snapshot/action', {
    since: 31,
    actions: { reset_status: { status: 'available' }, force_delete: null },
  }),
  route('GET /share-group-types', { since: 31 }),
  route('GET /share-group-types/default', { since: 31 }),
  route('POST /share-group-types', {
    since: 31,
    body: { share_group_type: { name: 'n', share_types: [uuid], group_specs: { a: 'b' } } },
  }),
  route('GET /share-group-types/:group_type', { since: 31 }),
  route('DELETE /share-group-types/:group_type', { since: 31 }),
  route('GET /share-group-types/:group_type/access', { since: 31 }),
  route('POST /share-group-types/:group_type/action', {
    since: 31,
    actions: { addProjectAccess: { project: uuid }, removeProjectAccess: { project: uuid } },
  }),
  route('GET /share-group-types/:group_type/group-specs', { since: 31 }),
  route('POST /share-group-types/:group_type/group-specs', {
    since: 31,
    body: { group_specs: { a: 'b' } },
  }),
  route('GET /share-group-types/:group_type/group-specs/:key', { since: 31 }),
  route('PUT /share-group-types/:group_type/group-specs/:key', { since: 31, body: { k: 'v' } }),
  route('DELETE /share-group-types/:group_type/group-specs/:key', { since: 31 }),
  // Share replicas: looked for before a share is deleted
  route('GET /share-replicas/:id', { since: 11 }),
  route('GET /share-replicas/:id/export-locations', { since: 47 }),
  route('GET /share-replicas/:id/export-locations/:location', { since: 47 }),
  // Quotas and limits
  ...(['quota-sets', 'os-quota-sets'] as const).flatMap((name) => {
    const at = name === 'quota-sets' ? { since: 7 } : { until: 6 }
    return [
      route(`GET /${name}/:project`, at),
      route(`PUT /${name}/:project`, { ...at, body: { quota_set: { shares: 5 } } }),
      route(`DELETE /${name}/:project`, at),
      route(`GET /${name}/:project/defaults`, at),
    ]
  }),
  route('GET /quota-sets/:project/detail', { since: 25 }),
  ...(['quota-class-sets', 'os-quota-class-sets'] as const).flatMap((name) => {
    const at = name === 'quota-class-sets' ? { since: 7 } : { until: 6 }
    return [
      route(`GET /${name}/:class`, at),
      route(`PUT /${name}/:class`, { ...at, body: { quota_class_set: { shares: 5 } } }),
    ]
  }),
  route('GET /limits'),
  route('GET /limits/service'),
  // Operators
  route('GET /availability-zones', { since: 7 }),
  route('GET /os-availability-zone', { until: 6 }),
  route('GET /services', { since: 7 }),
  route('PUT /services/enable', { since: 7, body: { host: 'h@b', binary: 'manila-share' } }),
  route('PUT /services/disable', { since: 7, body: { host: 'h@b', binary: 'manila-share' } }),
  route('GET /os-services', { until: 6 }),
  route('PUT /os-services/enable', { until: 6, body: { host: 'h@b', binary: 'manila-share' } }),
  route('PUT /os-services/disable', { until: 6, body: { host: 'h@b', binary: 'manila-share' } }),
  route('POST /services/ensure-shares', { since: 86, body: { ensure_shares: { host: 'h@b' } } }),
  route('GET /scheduler-stats/pools'),
  route('GET /scheduler-stats/pools/detail'),
  route('GET /messages', { since: 37 }),
  route('GET /messages/:message', { since: 37 }),
  route('DELETE /messages/:message', { since: 37 }),
  route('GET /extensions'),
  route('GET /extensions/:id'),
  // Ours, beyond the original
  route('GET /operations', { ours }),
  route('GET /operations/:operation', { ours }),
  route('POST /operations/:operation/action', { ours, actions: { cancel: null, retry: null } }),
  route('POST /placements', { ours, body: { placement: { share_proto: 'NFS', size: 1 } } }),
  route('GET /permissions', { ours }),
  route('GET /shares/:share/usage', { ours }),
  route('GET /snapshots/:snapshot/usage', { ours }),
  route('GET /usage/shares', { ours }),
  route('GET /shares/:share/usage/history', { ours }),
  route('GET /usage/history', { ours }),
  route('GET /scheduler-stats/pools/history', { ours }),
  route('GET /events', { ours, endless: true }),
  route('GET /audit', { ours }),
  route('GET /capabilities'),
  route('GET /whoami', { ours }),
  // `.json` at the end of any path is tolerated, so this is openapi.json
  route('GET /openapi', { ours }),
  // Later work
  ...later('/share-networks', 0),
  route('GET /share-networks/:id/subnets', { since: 51, later: true }),
  route('GET /share-networks/:id/subnets/:sub', { since: 51, later: true }),
  ...later('/security-services', 0),
  ...later('/share-servers', 0),
  route('GET /share-servers/:id/details', { later: true }),
  ...['POST /share-replicas', 'PUT /share-replicas/:id', 'DELETE /share-replicas/:id'].map((line) =>
    route(line, { since: 11, later: true, body: {} }),
  ),
  ...later('/share-backups', 80),
  ...later('/share-transfers', 77),
  route('POST /share-transfers/:id/accept', { since: 77, later: true, body: {} }),
  ...later('/qos-types', 94),
]
