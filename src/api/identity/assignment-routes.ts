/** `GET /v3/role_assignments`: who has which role where, as granted or as it works out. */
import { grantedRows, workedOutRows, type AssignmentQuery } from '../../auth/assignment-list.ts'
import type { EffectiveRow } from '../../auth/effective.ts'
import type { AssignmentRow, RoleTarget } from '../../db/store/roles.ts'
import { invalid } from '../../model/errors.ts'
import { grantPath } from './grant-routes.ts'
import { collection, given, isOn, maxRows, type Answer, type Call, type IdentityRoute } from './route.ts'
import { ListQuery } from './schemas.ts'

async function list(call: Call): Promise<Answer> {
  const { auth } = call.parts
  const effective = isOn(call.query.effective)
  const wanted = assignmentQuery(call.query, effective)
  const rows = effective ? await workedOutRows(auth, wanted) : await grantedRows(auth, wanted)
  const views = await viewsOf(call, rows, isOn(call.query.include_names))
  return collection(call, 'role_assignments', '/role_assignments', views, maxRows)
}

function assignmentQuery(query: Call['query'], effective: boolean): AssignmentQuery {
  const { 'user.id': userId, 'group.id': groupId, 'scope.OS-INHERIT:inherited_to': below } = query
  if (effective && groupId !== undefined) throw invalid('group.id must not be combined with effective')
  if (userId !== undefined && groupId !== undefined) {
    throw invalid('user.id must not be combined with group.id')
  }
  if (below !== undefined && below !== 'projects') {
    throw invalid('scope.OS-INHERIT:inherited_to must be projects')
  }
  const target = targetOf(query)
  const subtree = isOn(query.include_subtree)
  if (subtree && target?.type !== 'project') {
    throw invalid('include_subtree must be given with scope.project.id')
  }
  return {
    ...given('userId', userId),
    ...given('groupId', groupId),
    ...given('roleId', query['role.id']),
    ...given('target', target),
    ...(below === undefined ? {} : { inherited: true }),
    subtree,
    limit: maxRows + 1,
  }
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

type Shown = AssignmentRow | EffectiveRow

async function viewsOf(call: Call, rows: readonly Shown[], withNames: boolean): Promise<object[]> {
  const names = withNames ? await namesOf(call, rows) : null
  const named = (kind: string, id: string): object => names?.get(`${kind} ${id}`) ?? { id }
  return rows.map((row) => {
    const { actor_type: actor, target_type: target, target_id: targetId } = row
    const from: AssignmentRow = 'from' in row ? row.from : row
    const place = target === 'system' ? { system: { all: true } } : { [target]: named(target, targetId) }
    return {
      role: named('role', row.role_id),
      [actor]: named(actor, row.actor_id),
      scope: { ...place, ...(from.inherited === true ? { 'OS-INHERIT:inherited_to': 'projects' } : {}) },
      links: {
        assignment: `${call.v3}${grantPath(from)}`,
        ...('from' in row ? waysOf(call, row) : {}),
      },
    }
  })
}

/** By which group, and by which role, somebody has it. */
function waysOf({ v3 }: Call, { role_id: role, actor_id: user, from }: EffectiveRow): object {
  return {
    ...(from.actor_type === 'group' ? { membership: `${v3}/groups/${from.actor_id}/users/${user}` } : {}),
    ...(from.role_id === role ? {} : { prior_role: `${v3}/roles/${from.role_id}/implies/${role}` }),
  }
}

/** `kind id` → how it is shown with its name; a few queries whatever the number of rows. */
async function namesOf(call: Call, rows: readonly Shown[]): Promise<Map<string, object>> {
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
