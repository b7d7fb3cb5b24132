/** `GET /v3/role_assignments`: who has which role where, as granted or as it works out. */
import { expandAssignments } from '../../auth/effective.ts'
import type { AssignmentRow, RoleActor, RoleTarget } from '../../db/store/roles.ts'
import { invalid } from '../../model/errors.ts'
import { collection, given, maxRows, truthOf, type Answer, type Call, type IdentityRoute } from './route.ts'
import { ListQuery } from './schemas.ts'

/** A flag of the query: its bare presence means yes. */
const isOn = (text: string | undefined): boolean => text !== undefined && truthOf(text)

async function list(call: Call): Promise<Answer> {
  const { query } = call
  const effective = isOn(query.effective)
  if (effective && query['group.id'] !== undefined) {
    throw invalid('group.id must not be combined with effective')
  }
  const actors = await actorsOf(call, effective)
  // The role is filtered after expansion, because an implied role has no row.
  const rows = await call.parts.auth.roles.assignments({
    ...given('actors', actors),
    ...given('target', targetOf(query)),
    ...(effective ? {} : given('roleId', query['role.id'])),
    limit: maxRows + 1,
  })
  const shown = effective ? await expandAssignments(call.parts.auth, rows, maxRows) : rows
  const wanted = shown.filter(
    (row) =>
      (query['role.id'] === undefined || row.role_id === query['role.id']) &&
      (query['user.id'] === undefined || row.actor_id === query['user.id']),
  )
  const views = await viewsOf(call, wanted, isOn(query.include_names))
  return collection(call, 'role_assignments', '/role_assignments', views, maxRows)
}

async function actorsOf({ query, parts }: Call, effective: boolean): Promise<RoleActor[] | undefined> {
  const userId = query['user.id']
  const groupId = query['group.id']
  if (userId !== undefined && groupId !== undefined) {
    throw invalid('user.id must not be combined with group.id')
  }
  if (groupId !== undefined) return [{ type: 'group', id: groupId }]
  if (userId === undefined) return undefined
  const groups = effective ? await parts.auth.directory.users.groupIdsOf(userId) : []
  return [{ type: 'user', id: userId }, ...groups.map((id): RoleActor => ({ type: 'group', id }))]
}

function targetOf(query: Call['query']): RoleTarget | undefined {
  const scopes = (['project', 'domain'] as const).flatMap((type): RoleTarget[] => {
    const id = query[`scope.${type}.id`]
    return id === undefined ? [] : [{ type, id }]
  })
  if (query['scope.system'] !== undefined) scopes.push({ type: 'system', id: 'all' })
  if (scopes.length > 1) throw invalid('the query must name one scope at most')
  return scopes[0]
}

async function viewsOf(call: Call, rows: readonly AssignmentRow[], withNames: boolean): Promise<object[]> {
  const names = withNames ? await namesOf(call, rows) : null
  const named = (kind: string, id: string): object => names?.get(`${kind} ${id}`) ?? { id }
  return rows.map((row) => {
    const {
      role_id: roleId,
      actor_type: actor,
      actor_id: actorId,
      target_type: target,
      target_id: targetId,
    } = row
    const scope = target === 'system' ? { system: { all: true } } : { [target]: named(target, targetId) }
    const path = target === 'system' ? '/system' : `/${target}s/${targetId}`
    return {
      role: named('role', roleId),
      [actor]: named(actor, actorId),
      scope,
      links: { assignment: `${call.v3}${path}/${actor}s/${actorId}/roles/${roleId}` },
    }
  })
}

/** `kind id` → how it is shown with its name; four queries whatever the number of rows. */
async function namesOf(call: Call, rows: readonly AssignmentRow[]): Promise<Map<string, object>> {
  const { directory, roles } = call.parts.auth
  const ids = (kind: string): string[] => [
    ...new Set(
      rows.flatMap((row) => [
        ...(row.actor_type === kind ? [row.actor_id] : []),
        ...(row.target_type === kind ? [row.target_id] : []),
      ]),
    ),
  ]
  const domains = new Map((await directory.listDomains({ limit: maxRows })).map((row) => [row.id, row.name]))
  const domain = (id: string): object => ({ id, name: domains.get(id) ?? id })
  const names = new Map<string, object>()
  for (const [id, name] of domains) names.set(`domain ${id}`, { id, name })
  for (const { id, name } of await roles.list({ limit: maxRows })) names.set(`role ${id}`, { id, name })
  for (const chunk of chunks(ids('project'))) {
    for (const { id, name, domain_id: d } of await directory.listProjects({ ids: chunk, limit: maxRows })) {
      names.set(`project ${id}`, { id, name, domain: domain(d) })
    }
  }
  for (const chunk of chunks(ids('user'))) {
    for (const { id, name, domainId } of await directory.users.listUsers({ ids: chunk, limit: maxRows })) {
      names.set(`user ${id}`, { id, name, domain: domain(domainId) })
    }
  }
  for (const chunk of chunks(ids('group'))) {
    for (const { id, name, domainId } of await directory.users.listGroups({ ids: chunk, limit: maxRows })) {
      names.set(`group ${id}`, { id, name, domain: domain(domainId) })
    }
  }
  return names
}

/** Databases limit the parameters of one statement; 500 is below all their limits. */
function chunks(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / 500) }, (_, i) => ids.slice(i * 500, (i + 1) * 500))
}

export const assignmentRoutes: readonly IdentityRoute[] = [
  { method: 'GET', path: '/v3/role_assignments', access: 'admin', query: ListQuery, handler: list },
]
