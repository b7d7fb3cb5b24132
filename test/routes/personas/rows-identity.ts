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

/** Roles of an actor on a target; the furniture has given each of them `{role}`. */
const grants = (target: string, actor: string): Row[] => {
  const all = `/v3/${target}/${actor}/roles`
  return [
    row(`GET ${all}`, admin, 200),
    row(`HEAD ${all}/{role}`, admin, 204),
    row(`GET ${all}/{role}`, admin, 204),
    row(`PUT ${all}/{spare_role}`, admin, 204),
    row(`DELETE ${all}/{role}`, admin, 204),
  ]
}

const targets = ['projects/{spare_project}', 'domains/{domain}']
const actors = ['users/{grouped}', 'groups/{group}']
const users = administered('/v3/users', 'user', '{grouped}', { password: 'a good one 9' })
const projects = administered('/v3/projects', 'project', '{spare_project}', {})
const byHand = (list: readonly Row[]): Row[] => list.filter(({ method }) => method !== 'GET')

export const identityRows: readonly Row[] = [
  row('GET /', anybody, 300),
  row('GET /v3', anybody, 200),
  row('POST /v3/auth/tokens', anybody, 201, { body: login }),
  row('GET /v3/auth/tokens', selfOrService, 200, { subject: 'token' }),
  row('HEAD /v3/auth/tokens', selfOrService, 200, { subject: 'token' }),
  row('DELETE /v3/auth/tokens', self, 204, { subject: 'token' }),
  row('GET /v3/auth/catalog', anyToken, 200),
  row('GET /v3/auth/projects', anyToken, 200),
  row('GET /v3/auth/domains', anyToken, 200),
  row('GET /v3/auth/system', anyToken, 200),

  row('GET /v3/domains', admin, 200),
  row('GET /v3/domains/{domain}', ofDomain, 200),
  row('GET /v3/domains/{elsewhere}', admin, 200),
  // Others find those that they have a role on.
  row('GET /v3/projects', anyToken, 200),
  row('GET /v3/projects/{project}', holder, 200, { why: unknownProject }),
  ...byHand(projects),

  row('GET /v3/users', admin, 200),
  row('GET /v3/users/{user}', self, 200),
  ...byHand(users),
  // The old password is the proof.
  row('POST /v3/users/{grouped}/password', anybody, 204, { body: newPassword }),
  row('GET /v3/users/{user}/projects', self, 200),
  row('GET /v3/users/{user}/groups', self, 200),

  ...administered('/v3/groups', 'group', '{group}', {}),
  row('GET /v3/groups/{group}/users', admin, 200),
  row('HEAD /v3/groups/{group}/users/{grouped}', admin, 204),
  row('GET /v3/groups/{group}/users/{grouped}', admin, 204),
  row('PUT /v3/groups/{group}/users/{user}', admin, 204),
  row('DELETE /v3/groups/{group}/users/{grouped}', admin, 204),

  row('GET /v3/roles', admin, 200),
  row('POST /v3/roles', admin, 201, { body: { role: { name: 'another' } } }),
  row('GET /v3/roles/{role}', admin, 200),
  row('DELETE /v3/roles/{spare_role}', admin, 204),
  row('GET /v3/role_inferences', admin, 200),
  ...targets.flatMap((target) => actors.flatMap((actor) => grants(target, actor))),
  row('GET /v3/role_assignments', admin, 200),

  row('GET /v3/users/{user}/application_credentials', self, 200),
  row('POST /v3/users/{user}/application_credentials', selfInProject, 201, {
    body: { application_credential: { name: 'another' } },
  }),
  row('GET /v3/users/{user}/application_credentials/{credential}', self, 200),
  row('DELETE /v3/users/{user}/application_credentials/{credential}', self, 204),
  row('GET /v3/users/{user}/access_rules', self, 200),
  row('GET /v3/users/{user}/access_rules/{access_rule}', self, 200),

  row('GET /v3/regions', anyToken, 200),
  row('GET /v3/regions/{region}', anyToken, 200),
  row('GET /v3/services', admin, 200),
  row('GET /v3/services/{service}', admin, 200),
  row('GET /v3/endpoints', admin, 200),
  row('GET /v3/endpoints/{endpoint}', admin, 200),
]
