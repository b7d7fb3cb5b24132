/** The identity face. Who may what follows Keystone's defaults for the admin role and for users about themselves. */
import { identityRow as row, type Row } from './row.ts'
import {
  anybody,
  anyToken,
  holder,
  identityAdmin as admin,
  ofDomain,
  self,
  selfInProject,
  selfOrService,
} from './rules.ts'

const login = {
  auth: {
    identity: { methods: ['password'], password: { user: { id: '{grouped}', password: '{password}' } } },
  },
}
const newPassword = { user: { original_password: '{password}', password: 'a better one 9' } }
const unknownProject =
  'Keystone answers 403; here another’s project is unknown, as everywhere (docs/decisions/0007).'

/** The five of a collection with administrators behind each. */
const administered = (path: string, noun: string, id: string, fields: object): Row[] => [
  row(`GET ${path}`, admin, 200),
  row(`POST ${path}`, admin, 201, { body: { [noun]: { name: 'another', ...fields } } }),
  row(`GET ${path}/${id}`, admin, 200),
  row(`PATCH ${path}/${id}`, admin, 200, { body: { [noun]: { description: 'd' } } }),
  row(`DELETE ${path}/${id}`, admin, 204),
]

/** Roles of an actor on a target, on what is below it too with `inherited`; the furniture has given each of them `{role}`. */
const grants = (target: string, actor: string, inherited = false): Row[] => {
  const all = `/v3/${inherited ? 'OS-INHERIT/' : ''}${target}/${actor}/roles`
  const end = inherited ? '/inherited_to_projects' : ''
  return [
    row(`GET ${all}${end}`, admin, 200),
    row(`GET ${all}/{role}${end}`, admin, 204),
    row(`PUT ${all}/{spare_role}${end}`, admin, 204),
    row(`DELETE ${all}/{role}${end}`, admin, 204),
  ]
}

/** Whatever is shown can be asked for without its body. */
const withHeads = (rows: readonly Row[]): readonly Row[] => {
  const names = new Set(rows.map(({ method, path }) => `${method} ${path}`))
  return rows.flatMap((one) =>
    one.method === 'GET' && !names.has(`HEAD ${one.path}`) ? [one, { ...one, method: 'HEAD' }] : [one],
  )
}

const targets = ['projects/{spare_project}', 'domains/{domain}']
const actors = ['users/{grouped}', 'groups/{group}']
const users = administered('/v3/users', 'user', '{grouped}', { password: 'a good one 9' })
const projects = administered('/v3/projects', 'project', '{spare_project}', {})
const byHand = (list: readonly Row[]): Row[] => list.filter(({ method }) => method !== 'GET')

export const identityRows: readonly Row[] = withHeads([
  row('GET /', anybody, 300),
  row('GET /v3', anybody, 200),
  row('POST /v3/auth/tokens', anybody, 201, { body: login }),
  row('GET /v3/auth/tokens', selfOrService, 200, { subject: 'token' }),
  row('DELETE /v3/auth/tokens', self, 204, { subject: 'token' }),
  row('GET /v3/auth/catalog', anyToken, 200),
  row('GET /v3/auth/projects', anyToken, 200),
  row('GET /v3/auth/domains', anyToken, 200),
  row('GET /v3/auth/system', anyToken, 200),

  row('GET /v3/domains', admin, 200),
  row('POST /v3/domains', admin, 201, { body: { domain: { name: 'another' } } }),
  row('PATCH /v3/domains/{spare_domain}', admin, 200, { body: { domain: { description: 'd' } } }),
  row('DELETE /v3/domains/{spare_domain}', admin, 204),
  row('GET /v3/domains/{domain}', ofDomain, 200),
  row('GET /v3/domains/{elsewhere}', admin, 200),
  // Others find those that they have a role on.
  row('GET /v3/projects', anyToken, 200),
  row('GET /v3/projects/{project}', holder, 200, { why: unknownProject }),
  ...byHand(projects),
  row('PATCH /v3/projects/{spare_project}/cascade', admin, 200, { body: { project: { enabled: false } } }),
  row('DELETE /v3/projects/{off_project}/cascade', admin, 204),
  row('GET /v3/projects/{project}/tags', holder, 200, { why: unknownProject }),
  row('PUT /v3/projects/{project}/tags', admin, 200, { body: { tags: ['b'] } }),
  row('DELETE /v3/projects/{project}/tags', admin, 204),
  row('GET /v3/projects/{project}/tags/k', holder, 204, { why: unknownProject }),
  row('PUT /v3/projects/{project}/tags/another', admin, 201),
  row('DELETE /v3/projects/{project}/tags/k', admin, 204),

  row('GET /v3/users', admin, 200),
  row('GET /v3/users/{user}', self, 200),
  ...byHand(users),
  // The old password is the proof.
  row('POST /v3/users/{grouped}/password', anybody, 204, { body: newPassword }),
  row('GET /v3/users/{user}/projects', self, 200),
  row('GET /v3/users/{user}/groups', self, 200),

  ...administered('/v3/groups', 'group', '{group}', {}),
  row('GET /v3/groups/{group}/users', admin, 200),
  row('GET /v3/groups/{group}/users/{grouped}', admin, 204),
  row('PUT /v3/groups/{group}/users/{user}', admin, 204),
  row('DELETE /v3/groups/{group}/users/{grouped}', admin, 204),

  row('GET /v3/roles', admin, 200),
  row('POST /v3/roles', admin, 201, { body: { role: { name: 'another' } } }),
  row('GET /v3/roles/{role}', admin, 200),
  row('PATCH /v3/roles/{spare_role}', admin, 200, { body: { role: { description: 'd' } } }),
  row('DELETE /v3/roles/{spare_role}', admin, 204),
  row('GET /v3/roles/{prior_role}/implies', admin, 200),
  row('GET /v3/roles/{prior_role}/implies/{role}', admin, 200),
  row('HEAD /v3/roles/{prior_role}/implies/{role}', admin, 204),
  row('PUT /v3/roles/{spare_role}/implies/{role}', admin, 201),
  row('DELETE /v3/roles/{prior_role}/implies/{role}', admin, 204),
  row('GET /v3/role_inferences', admin, 200),
  ...targets.flatMap((target) =>
    actors.flatMap((actor) => [...grants(target, actor), ...grants(target, actor, true)]),
  ),
  ...actors.flatMap((actor) => grants('system', actor)),
  row('GET /v3/role_assignments', admin, 200),

  row('GET /v3/users/{user}/application_credentials', self, 200),
  row('POST /v3/users/{user}/application_credentials', selfInProject, 201, {
    body: { application_credential: { name: 'another' } },
  }),
  row('GET /v3/users/{user}/application_credentials/{credential}', self, 200),
  row('DELETE /v3/users/{user}/application_credentials/{credential}', self, 204),
  row('GET /v3/users/{user}/access_rules', self, 200),
  row('GET /v3/users/{user}/access_rules/{access_rule}', self, 200),
  row('DELETE /v3/users/{user}/access_rules/{access_rule}', self, 204),

  row('GET /v3/regions', anyToken, 200),
  row('POST /v3/regions', admin, 201, { body: { region: { id: 'another' } } }),
  row('GET /v3/regions/{region}', anyToken, 200),
  row('PUT /v3/regions/another', admin, 201, { body: { region: {} } }),
  row('PATCH /v3/regions/{spare_region}', admin, 200, { body: { region: { description: 'd' } } }),
  row('DELETE /v3/regions/{spare_region}', admin, 204),
  row('GET /v3/services', admin, 200),
  row('POST /v3/services', admin, 201, { body: { service: { type: 'another' } } }),
  row('GET /v3/services/{service}', admin, 200),
  row('PATCH /v3/services/{spare_service}', admin, 200, { body: { service: { description: 'd' } } }),
  row('DELETE /v3/services/{spare_service}', admin, 204),
  row('GET /v3/endpoints', admin, 200),
  row('POST /v3/endpoints', admin, 201, {
    body: { endpoint: { service_id: '{spare_service}', interface: 'admin', url: 'http://there' } },
  }),
  row('GET /v3/endpoints/{endpoint}', admin, 200),
  row('PATCH /v3/endpoints/{spare_endpoint}', admin, 200, { body: { endpoint: { url: 'http://there' } } }),
  row('DELETE /v3/endpoints/{spare_endpoint}', admin, 204),
])
