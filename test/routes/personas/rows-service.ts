/** Types, quotas, locks, messages and the service itself. */
import { row, type Row } from './row.ts'
import {
  admin,
  anybody,
  anyToken,
  member,
  memberOrService,
  ownerOrService,
  reader,
  readerOrService,
} from './rules.ts'

/** A route and its name up to 2.6. */
const renamed = (
  request: string,
  before: string,
  rule: Row['rule'],
  ok: number,
  more: Partial<Pick<Row, 'body' | 'foreign'>> = {},
): Row[] => [
  row(request, rule, ok, { since: 7, ...more }),
  row(request.replace(/ \/[\w-]+/, ` /${before}`), rule, ok, { until: 6, ...more }),
]

const host = { host: '{host}', binary: 'manila-share' }
const specs = { driver_handles_share_servers: false }

export const serviceRows: readonly Row[] = [
  row('GET /types', reader, 200),
  row('GET /types/default', reader, 200),
  row('GET /types/{type}', reader, 200),
  row('POST /types', admin, 200, { body: { share_type: { name: 'another', extra_specs: specs } } }),
  row('PUT /types/{type}', admin, 200, { since: 50, body: { share_type: { name: 'renamed' } } }),
  row('DELETE /types/{type}', admin, 202),
  row('GET /types/{type}/share_type_access', admin, 200),
  row('GET /types/{type}/os-share-type-access', admin, 200),
  row('POST /types/{type}/action addProjectAccess', admin, 202, { body: { project: '{new}' } }),
  row('POST /types/{type}/action removeProjectAccess', admin, 202, { body: { project: '{project}' } }),
  row('GET /types/{type}/extra_specs', admin, 200),
  row('POST /types/{type}/extra_specs', admin, 200, { body: { extra_specs: { a: 'b' } } }),
  row('GET /types/{type}/extra_specs/k', admin, 200),
  row('PUT /types/{type}/extra_specs/k', admin, 200, { body: { k: 'w' } }),
  row('DELETE /types/{type}/extra_specs/k', admin, 202),

  ...renamed('GET /quota-sets/{project}', 'os-quota-sets', reader, 200, { foreign: 403 }),
  // The original takes any project's id here: the defaults are everybody's.
  ...renamed('GET /quota-sets/{project}/defaults', 'os-quota-sets', reader, 200, { foreign: 200 }),
  row('GET /quota-sets/{project}/detail', reader, 200, { since: 25, foreign: 403 }),
  ...renamed('PUT /quota-sets/{project}', 'os-quota-sets', admin, 200, {
    body: { quota_set: { shares: 40 } },
  }),
  ...renamed('DELETE /quota-sets/{project}', 'os-quota-sets', admin, 202),
  // By its rule readers may look; a second check of the original's refuses everybody but administrators.
  ...renamed('GET /quota-class-sets/default', 'os-quota-class-sets', admin, 200),
  ...renamed('PUT /quota-class-sets/default', 'os-quota-class-sets', admin, 200, {
    body: { quota_class_set: { shares: 40 } },
  }),
  row('GET /limits', anyToken, 200),

  row('GET /resource-locks', readerOrService, 200, { since: 81 }),
  row('GET /resource-locks/{lock}', readerOrService, 200, { since: 81 }),
  row('POST /resource-locks', memberOrService, 200, {
    since: 81,
    foreign: 400,
    body: { resource_lock: { resource_id: '{share}', resource_type: 'share' } },
  }),
  row('PUT /resource-locks/{lock}', ownerOrService, 200, {
    since: 81,
    body: { resource_lock: { lock_reason: 'r' } },
  }),
  row('DELETE /resource-locks/{lock}', ownerOrService, 204, { since: 81 }),

  row('GET /messages', reader, 200, { since: 37 }),
  row('GET /messages/{message}', reader, 200, { since: 37 }),
  row('DELETE /messages/{message}', member, 204, { since: 37 }),

  ...renamed('GET /availability-zones', 'os-availability-zone', reader, 200),
  ...renamed('GET /services', 'os-services', admin, 200),
  ...renamed('PUT /services/enable', 'os-services', admin, 200, { body: host }),
  ...renamed('PUT /services/disable', 'os-services', admin, 200, { body: host }),
  row('POST /services/ensure-shares', admin, 202, { since: 86, body: { ensure_shares: { host: '{host}' } } }),
  row('GET /scheduler-stats/pools', admin, 200),
  row('GET /scheduler-stats/pools/detail', admin, 200),
  row('GET /scheduler-stats/pools/history', admin, 200, { query: '?pool={pool}' }),
  row('GET /extensions', anyToken, 200),
  // There are none; nobody learns that without a token.
  row('GET /extensions/anything', anyToken, 404),

  // Ours
  row('GET /operations', reader, 200),
  row('GET /operations/{operation}', reader, 200),
  row('POST /operations/{operation}/action cancel', member, 202),
  row('POST /operations/{failed}/action retry', member, 202),
  row('GET /events', reader, 200, { endless: true }),
  row('GET /audit', admin, 200),
  // Another project's quota is asked about by administrators.
  row('POST /placements', member, 200, {
    foreign: 403,
    body: { placement: { share_proto: 'NFS', size: 1, project_id: '{project}' } },
  }),
  row('GET /capabilities', reader, 200),
  row('GET /whoami', reader, 200),
  // Of what is another's nothing is told, as in lists.
  row('GET /permissions', reader, 200, { query: '?resource=share&id={share}', foreign: 200 }),
  row('GET /limits/service', anyToken, 200),
  row('GET /openapi', anyToken, 200),
]

/** Outside of `/v2/…`. */
/** Pages, and the sessions of browsers: a token opens nothing there. */
const dashboard = (request: string, status: number, body?: object): Row[] => [
  row(request, anybody, status, {
    since: null,
    until: null,
    ...(body === undefined ? {} : { body }),
    ...(status === 401 ? { why: 'A token is no session.' } : {}),
  }),
]

export const rootRows: readonly Row[] = [
  row('GET /', anybody, 300, { since: null, until: null }),
  row('GET /v2', anyToken, 200, { since: null, until: null }),
  row('GET /healthcheck', anybody, 200, { since: null, until: null }),
  ...dashboard('GET /dashboard', 302),
  ...dashboard('HEAD /dashboard', 302),
  ...dashboard('GET /dashboard/*', 200),
  ...dashboard('HEAD /dashboard/*', 200),
  ...dashboard('GET /dashboard/config.json', 200),
  ...dashboard('HEAD /dashboard/config.json', 200),
  ...dashboard('POST /dashboard/session', 201, { name: 'spare', password: '{password}' }),
  ...dashboard('GET /dashboard/session', 401),
  ...dashboard('PUT /dashboard/session', 401, { project: { id: '{project}' } }),
  ...dashboard('DELETE /dashboard/session', 204),
]
