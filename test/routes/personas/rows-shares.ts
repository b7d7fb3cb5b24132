/** Shares, what hangs from them, and snapshots. */
import { metadata, row, type Row } from './row.ts'
import { admin, member, reader, readerOfOwn } from './rules.ts'

const ip = { access_type: 'ip', access_to: '10.9.9.9' }
const managed = { share: { service_host: '{pool}', export_path: '10.0.0.1:/x', protocol: 'NFS' } }

/** An action under its present name, and under the one it had up to 2.6. */
const both = (path: string, name: string, rule: Row['rule'], ok: number, body?: unknown, from = 0): Row[] => [
  row(`POST ${path}/action ${name}`, rule, ok, { since: 7, body }),
  row(`POST ${path}/action os-${name}`, rule, ok, { since: from, until: 6, body }),
]

const foreignLocations =
  'The original answers 403 for a private share of another project; here it is unknown, as everywhere (docs/decisions/0007).'

export const shareRows: readonly Row[] = [
  row('GET /shares', reader, 200),
  row('GET /shares/detail', reader, 200),
  row('POST /shares', member, 200, { body: { share: { share_proto: 'NFS', size: 1 } } }),
  row('GET /shares/{share}', reader, 200),
  row('PUT /shares/{share}', member, 200, { body: { share: { display_name: 'n' } } }),
  row('DELETE /shares/{share}', member, 202),
  ...both('/shares/{share}', 'allow_access', member, 200, ip),
  ...both('/shares/{share}', 'deny_access', member, 202, { access_id: '{rule}' }),
  row('POST /shares/{share}/action access_list', reader, 200, { since: 7, until: 44 }),
  row('POST /shares/{share}/action os-access_list', reader, 200, { until: 6 }),
  ...both('/shares/{share}', 'extend', member, 202, { new_size: 3 }),
  ...both('/shares/{share}', 'shrink', member, 202, { new_size: 1 }),
  ...both('/shares/{share}', 'reset_status', admin, 202, { status: 'error' }),
  ...both('/shares/{share}', 'force_delete', admin, 202),
  row('POST /shares/{share}/action unmanage', admin, 202, { since: 7 }),
  row('POST /shares/{snapped}/action revert', member, 202, {
    since: 27,
    body: { snapshot_id: '{snapshot}' },
  }),
  row('POST /shares/{share}/action soft_delete', member, 202, { since: 69 }),
  row('POST /shares/{binned}/action restore', member, 202, { since: 69 }),
  row('POST /shares/{share}/action reset_task_state', admin, 202, {
    since: 22,
    experimental: [22, 95],
    body: { task_state: null },
  }),
  row('POST /shares/manage', admin, 200, { since: 7, body: managed }),
  row('POST /os-share-manage', admin, 200, { until: 6, body: managed }),
  row('POST /os-share-unmanage/{share}/unmanage', admin, 202, { until: 6 }),
  row('GET /shares/{share}/instances', admin, 200, { since: 3 }),
  row('GET /shares/{share}/export_locations', reader, 200, { since: 9, why: foreignLocations }),
  row('GET /shares/{share}/export_locations/{location}', reader, 200, { since: 9, why: foreignLocations }),
  ...metadata('/shares/{share}', { get: reader, update: member }),
  ...metadata('/shares/{share}/export_locations/{location}', { get: reader, update: member }, 87),

  row('GET /share_instances', admin, 200, { since: 3 }),
  row('GET /share_instances/{instance}', admin, 200, { since: 3 }),
  ...both('/share_instances/{instance}', 'reset_status', admin, 202, { status: 'error' }, 3),
  ...both('/share_instances/{instance}', 'force_delete', admin, 202, undefined, 3),
  row('GET /share_instances/{instance}/export_locations', admin, 200, { since: 9 }),
  row('GET /share_instances/{instance}/export_locations/{location}', admin, 200, { since: 9 }),

  row('GET /share-access-rules', reader, 200, { since: 45, query: '?share_id={share}', foreign: 400 }),
  row('GET /share-access-rules/{rule}', reader, 200, { since: 45 }),
  row('PUT /share-access-rules/{rule}', member, 200, {
    since: 88,
    body: { update_access: { access_level: 'ro' } },
  }),
  row('PUT /share-access-rules/{rule}/metadata', member, 200, {
    since: 45,
    body: { metadata: { k: 'w' } },
  }),
  row('DELETE /share-access-rules/{rule}/metadata/k', member, 200, { since: 45 }),

  row('GET /snapshots', reader, 200),
  row('GET /snapshots/detail', reader, 200),
  row('POST /snapshots', member, 202, { body: { snapshot: { share_id: '{share}' } } }),
  row('GET /snapshots/{snapshot}', reader, 200),
  row('PUT /snapshots/{snapshot}', member, 200, { body: { snapshot: { display_name: 'n' } } }),
  row('DELETE /snapshots/{snapshot}', member, 202),
  ...both('/snapshots/{snapshot}', 'reset_status', admin, 202, { status: 'error' }),
  ...both('/snapshots/{snapshot}', 'force_delete', admin, 202),
  row('POST /snapshots/{snapshot}/action unmanage', admin, 202, { since: 12 }),
  row('POST /snapshots/{snapshot}/action allow_access', member, 202, { since: 32, body: ip }),
  row('POST /snapshots/{snapshot}/action deny_access', member, 202, {
    since: 32,
    body: { access_id: '{snapshot_rule}' },
  }),
  row('POST /snapshots/manage', admin, 202, {
    since: 12,
    body: { snapshot: { share_id: '{share}', provider_location: 'there' } },
  }),
  row('GET /snapshots/{snapshot}/access-list', reader, 200, { since: 32 }),
  row('GET /snapshots/{snapshot}/export-locations', reader, 200, { since: 32 }),
  row('GET /snapshots/{snapshot}/export-locations/{snapshot_location}', reader, 200, { since: 32 }),
  ...metadata('/snapshots/{snapshot}', { get: reader, update: member }, 73),

  row('GET /snapshot-instances', admin, 200, { since: 19 }),
  row('GET /snapshot-instances/detail', admin, 200, { since: 19 }),
  row('GET /snapshot-instances/{snapshot_instance}', admin, 200, { since: 19 }),
  row('POST /snapshot-instances/{snapshot_instance}/action reset_status', admin, 202, {
    since: 19,
    body: { status: 'error' },
  }),
  row('GET /snapshot-instances/{snapshot_instance}/export-locations', admin, 200, { since: 32 }),
  row('GET /snapshot-instances/{snapshot_instance}/export-locations/{snapshot_location}', admin, 200, {
    since: 32,
  }),

  // Ours
  row('GET /shares/{share}/usage', readerOfOwn, 200),
  row('GET /snapshots/{snapshot}/usage', readerOfOwn, 200),
  // Of what is another's nothing is told, as in lists.
  row('GET /usage/shares', reader, 200, { query: '?id={share}', foreign: 200 }),
  row('GET /shares/{share}/usage/history', readerOfOwn, 200),
  row('GET /usage/history', reader, 200),
]
