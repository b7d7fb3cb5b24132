/** Application credentials of a user. The owner makes them; administrators may look and take away. */
import type { Static } from 'typebox'
import type { AccessRule } from '../../auth/access-rules.ts'
import { notFound } from '../../auth/directory.ts'
import type { WantedRule } from '../../auth/application-credentials.ts'
import type { RoleName } from '../../auth/implied-roles.ts'
import type { ApplicationCredentialRow } from '../../db/store/credentials.ts'
import { fault, invalid } from '../../model/errors.ts'
import {
  collection,
  done,
  given,
  limitOf,
  maxRows,
  ownerOrAdmin,
  type Answer,
  type Call,
  type IdentityRoute,
} from './route.ts'
import { ListQuery, NewCredential } from './schemas.ts'
import { keystoneTime, ruleView } from './token-view.ts'

const rulesOf = (row: ApplicationCredentialRow): AccessRule[] =>
  row.access_rules === null ? [] : (JSON.parse(row.access_rules) as AccessRule[])

function view(call: Call, row: ApplicationCredentialRow, roles: ReadonlyMap<string, string>): object {
  const roleIds = JSON.parse(row.roles) as string[]
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    user_id: row.user_id,
    project_id: row.project_id,
    roles: roleIds.map((id) => ({ id, name: roles.get(id) ?? id, domain_id: null })),
    expires_at: row.expires_at === null ? null : keystoneTime(row.expires_at),
    unrestricted: row.unrestricted === 1,
    system: null,
    ...(row.access_rules === null ? {} : { access_rules: rulesOf(row).map(ruleView) }),
    links: { self: `${call.v3}/users/${row.user_id}/application_credentials/${row.id}` },
  }
}

async function roleNames(call: Call): Promise<Map<string, string>> {
  const rows = await call.parts.auth.roles.list({ limit: maxRows })
  return new Map(rows.map((row) => [row.id, row.name]))
}

/** A credential may not make or unmake credentials unless it was made `unrestricted`. */
function refuseRestricted({ token: { standing } }: Call): void {
  if (standing.applicationCredential?.unrestricted === 0) throw fault('Forbidden')
}

async function create(call: Call): Promise<Answer> {
  const { standing } = call.token
  const userId = call.params.user_id ?? ''
  if (standing.user.id !== userId) throw fault('Forbidden')
  refuseRestricted(call)
  // One limited to some calls would otherwise make itself one that is not.
  if (standing.accessRules !== null) throw fault('Forbidden')
  if (standing.project === null) {
    throw fault('Refused', { message: 'An application credential needs a token scoped to a project.' })
  }
  const { application_credential: wanted } = call.body as Static<typeof NewCredential>
  const { row, secret } = await call.parts.auth.credentials.create({
    userId,
    projectId: standing.project.id,
    name: wanted.name,
    description: wanted.description ?? '',
    ...(typeof wanted.secret === 'string' ? { secret: wanted.secret } : {}),
    roles: rolesWanted(wanted.roles ?? [], standing.roles),
    accessRules: wanted.access_rules?.map(ruleWanted) ?? null,
    unrestricted: wanted.unrestricted === true,
    expiresAt: typeof wanted.expires_at === 'string' ? microsOf(wanted.expires_at) : null,
  })
  return {
    status: 201,
    body: { application_credential: { ...view(call, row, await roleNames(call)), secret } },
  }
}

/** A rule that is there, or one by all that it allows. */
function ruleWanted({
  id,
  path,
  method,
  service,
}: {
  readonly id?: string
  readonly path?: string
  readonly method?: string
  readonly service?: string
}): WantedRule {
  if (id !== undefined) return { id }
  if (path === undefined || method === undefined || service === undefined) {
    throw invalid('each of access_rules must have path, method and service, or the id of one there is')
  }
  return { path, method, service }
}

/** None named means all the token has; a role it lacks is refused. */
function rolesWanted(
  wanted: readonly { readonly id?: string; readonly name?: string }[],
  held: readonly RoleName[],
): readonly RoleName[] {
  if (wanted.length === 0) return held
  return wanted.map(({ id, name }) => {
    if (id === undefined && name === undefined) throw invalid('each of roles must have id or name')
    const found = held.find((role) => (id === undefined ? role.name === name : role.id === id))
    if (found === undefined)
      throw invalid(`roles must be ones you have in this project; ${id ?? name} is not`)
    return found
  })
}

/** ISO 8601, UTC when it names no zone. */
function microsOf(text: string): number {
  const match = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d:?\d\d)?$/.exec(text)
  const millis = match === null ? NaN : Date.parse(`${(match[1] ?? '').replace(' ', 'T')}${match[2] ?? 'Z'}`)
  if (Number.isNaN(millis)) throw invalid('expires_at must be a time such as 2030-01-31T12:00:00')
  return millis * 1000
}

async function list(call: Call): Promise<Answer> {
  const userId = call.params.user_id ?? ''
  ownerOrAdmin(call, userId)
  const limit = limitOf(call.query)
  const filter = { userId, ...given('name', call.query.name), limit: limit + 1 }
  const rows = await call.parts.auth.credentials.list(filter)
  const roles = await roleNames(call)
  const path = `/users/${userId}/application_credentials`
  return collection(
    call,
    'application_credentials',
    path,
    rows.map((row) => view(call, row, roles)),
    limit,
  )
}

async function show(call: Call): Promise<Answer> {
  const { user_id: userId = '', id = '' } = call.params
  ownerOrAdmin(call, userId)
  const row = await call.parts.auth.credentials.get(userId, id)
  return { status: 200, body: { application_credential: view(call, row, await roleNames(call)) } }
}

async function remove(call: Call): Promise<Answer> {
  const { user_id: userId = '', id = '' } = call.params
  ownerOrAdmin(call, userId)
  refuseRestricted(call)
  await call.parts.auth.credentials.delete(userId, id)
  return { status: 204 }
}

async function rulesOfUser(call: Call): Promise<AccessRule[]> {
  const userId = call.params.user_id ?? ''
  ownerOrAdmin(call, userId)
  return call.parts.auth.credentials.rules(userId)
}

async function listRules(call: Call): Promise<Answer> {
  const { service, path, method } = call.query
  const found = (await rulesOfUser(call)).filter(
    (rule) =>
      (service === undefined || rule.service === service) &&
      (path === undefined || rule.path === path) &&
      (method === undefined || rule.method === method),
  )
  const views = found.map((rule) => ruleShown(call, rule))
  return collection(call, 'access_rules', `/users/${call.params.user_id}/access_rules`, views, maxRows)
}

const ruleShown = (call: Call, rule: AccessRule): object => ({
  ...ruleView(rule),
  links: { self: `${call.v3}/users/${call.params.user_id}/access_rules/${rule.id}` },
})

async function showRule(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  const rule = (await rulesOfUser(call)).find((one) => one.id === id)
  if (rule === undefined) throw notFound('access rule', id)
  return { status: 200, body: { access_rule: ruleShown(call, rule) } }
}

async function removeRule(call: Call): Promise<Answer> {
  const { user_id: userId = '', id = '' } = call.params
  ownerOrAdmin(call, userId)
  refuseRestricted(call)
  return done(call.parts.auth.credentials.deleteRule(userId, id))
}

const all = '/v3/users/:user_id/application_credentials'
const rules = '/v3/users/:user_id/access_rules'

export const credentialRoutes: readonly IdentityRoute[] = [
  { method: 'GET', path: all, access: 'token', query: ListQuery, handler: list },
  { method: 'POST', path: all, access: 'token', body: NewCredential, handler: create },
  { method: 'GET', path: `${all}/:id`, access: 'token', handler: show },
  { method: 'DELETE', path: `${all}/:id`, access: 'token', handler: remove },
  { method: 'GET', path: rules, access: 'token', query: ListQuery, handler: listRules },
  { method: 'GET', path: `${rules}/:id`, access: 'token', handler: showRule },
  { method: 'DELETE', path: `${rules}/:id`, access: 'token', handler: removeRule },
]
