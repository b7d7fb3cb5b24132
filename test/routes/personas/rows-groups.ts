/** Share groups, their snapshots and their types; and share replicas, as far as they can be asked for. */
import { row, type More, type Row } from './row.ts'
import { admin, member, reader } from './rules.ts'

/** They came as an experiment. */
const came: More = { since: 31, experimental: [31, 54] }
const groups = '/share-groups/{share_group}'
const snapshots = '/share-group-snapshots/{group_snapshot}'
const types = '/share-group-types/{group_type}'

export const groupRows: readonly Row[] = [
  row('GET /share-groups', reader, 200, came),
  row('GET /share-groups/detail', reader, 200, came),
  row('POST /share-groups', member, 202, { ...came, body: { share_group: {} } }),
  row(`GET ${groups}`, reader, 200, came),
  row(`PUT ${groups}`, member, 200, { ...came, body: { share_group: { name: 'n' } } }),
  row('DELETE /share-groups/{empty_group}', member, 202, came),
  row(`POST ${groups}/action reset_status`, admin, 202, { ...came, body: { status: 'error' } }),
  row(`POST ${groups}/action force_delete`, admin, 202, came),

  row('GET /share-group-snapshots', reader, 200, came),
  row('GET /share-group-snapshots/detail', reader, 200, came),
  row('POST /share-group-snapshots', member, 202, {
    ...came,
    body: { share_group_snapshot: { share_group_id: '{share_group}' } },
    foreign: 400,
  }),
  row(`GET ${snapshots}`, reader, 200, came),
  row(`GET ${snapshots}/members`, reader, 200, came),
  row(`PUT ${snapshots}`, member, 200, { ...came, body: { share_group_snapshot: { name: 'n' } } }),
  row(`DELETE ${snapshots}`, member, 202, came),
  row(`POST ${snapshots}/action reset_status`, admin, 202, { ...came, body: { status: 'error' } }),
  row(`POST ${snapshots}/action force_delete`, admin, 202, came),

  row('GET /share-group-types', reader, 200, came),
  row('GET /share-group-types/default', reader, 200, came),
  row('POST /share-group-types', admin, 200, {
    ...came,
    body: { share_group_type: { name: 'n', share_types: ['{type}'] } },
  }),
  row(`GET ${types}`, reader, 200, came),
  row('DELETE /share-group-types/{unused_group_type}', admin, 204, came),
  row(`GET ${types}/access`, admin, 200, came),
  row(`POST ${types}/action addProjectAccess`, admin, 202, { ...came, body: { project: '{new}' } }),
  row(`POST ${types}/action removeProjectAccess`, admin, 202, { ...came, body: { project: '{project}' } }),
  row(`GET ${types}/group-specs`, admin, 200, came),
  row(`POST ${types}/group-specs`, admin, 200, { ...came, body: { group_specs: { k: 'w' } } }),
  row(`GET ${types}/group-specs/k`, admin, 200, came),
  row(`PUT ${types}/group-specs/k`, admin, 200, { ...came, body: { k: 'w' } }),
  row(`DELETE ${types}/group-specs/k`, admin, 204, came),

  row('GET /share-replicas', reader, 200, { since: 11, experimental: [11, 55] }),
  row('GET /share-replicas/detail', reader, 200, { since: 11, experimental: [11, 55] }),
  // There are none yet.
  row('GET /share-replicas/{new}', reader, 404, { since: 11, experimental: [11, 55] }),
  row('GET /share-replicas/{new}/export-locations', reader, 404, { since: 47, experimental: [47, 55] }),
  row('GET /share-replicas/{new}/export-locations/{new}', reader, 404, {
    since: 47,
    experimental: [47, 55],
  }),
]
