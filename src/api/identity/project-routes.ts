/** Projects. Administrators make them and see all; others see those that they have a role on. */
import type { Static } from 'typebox'
import { notFound } from '../../auth/directory.ts'
import type { DomainRow, ProjectRow } from '../../db/store/identity.ts'
import { invalid } from '../../model/errors.ts'
import { flagOf } from './domain-routes.ts'
import { relatives } from './project-relatives.ts'
import {
  collection,
  done,
  given,
  isAdmin,
  isOn,
  limitOf,
  namedQuery,
  type Answer,
  type Call,
  type IdentityRoute,
} from './route.ts'
import { ListQuery, NewProject, ProjectChange } from './schemas.ts'
import { domainAsProject, projectViews } from './views.ts'

const directoryOf = (call: Call) => call.parts.auth.directory

/** The domain of what is made without naming one: the caller's project's, else the caller's. */
export const ownDomain = (call: Call): string =>
  call.token.standing.domain?.id ?? call.token.standing.userDomain.id

async function viewOf(call: Call, row: ProjectRow): Promise<object> {
  const [view] = await projectViews(call, [row])
  return view ?? {}
}

const tagNames = (text: string): string[] => text.split(',')

async function list(call: Call): Promise<Answer> {
  const { query } = call
  const directory = directoryOf(call)
  if (isOn(query.is_domain)) return listDomainsAsProjects(call)
  const rows = await directory.listProjects({
    ...(await namedQuery(call, (id) => directory.findProject({ id }))),
    // Others find their own projects, so that a client's "project by name or id" works for everybody.
    ...(isAdmin(call) ? {} : { ids: await ownProjects(call) }),
    ...given('domainId', query.domain_id),
    ...given('parentId', query.parent_id),
    ...given('enabled', flagOf(query.enabled)),
    ...given('tags', query.tags === undefined ? undefined : tagNames(query.tags)),
    ...given('tagsAny', query['tags-any'] === undefined ? undefined : tagNames(query['tags-any'])),
    ...given('notTags', query['not-tags'] === undefined ? undefined : tagNames(query['not-tags'])),
    ...given('notTagsAny', query['not-tags-any'] === undefined ? undefined : tagNames(query['not-tags-any'])),
  })
  const views = await projectViews(call, rows)
  return collection(call, 'projects', '/projects', views, limitOf(query), { goesOn: true })
}

/** Keystone shows a domain as the project at the top of its tree. */
async function listDomainsAsProjects(call: Call): Promise<Answer> {
  const { query } = call
  const directory = directoryOf(call)
  const { domainId = null, parentId = null } = { domainId: query.domain_id, parentId: query.parent_id }
  const isNone = !isAdmin(call) || domainId !== null || parentId !== null
  const names = await namedQuery(call, (id) => directory.findDomain({ id }))
  const rows = isNone
    ? []
    : await directory.listDomains({ ...names, ...given('enabled', flagOf(query.enabled)) })
  const views = rows.map((row) => domainAsProject(call, row))
  return collection(call, 'projects', '/projects', views, limitOf(query), { goesOn: true })
}

const ownProjects = (call: Call): Promise<string[]> =>
  call.parts.auth.roles.placesOf(call.token.standing.user.id, 'project')

async function create(call: Call): Promise<Answer> {
  const { project } = call.body as Static<typeof NewProject>
  if (project.is_domain === true) return createDomain(call, project)
  const { tree } = call.parts.auth
  const row = await directoryOf(call).createProject({
    name: project.name,
    domainId: project.domain_id ?? (await domainBelow(call, project.parent_id ?? null)),
    description: project.description ?? '',
    enabled: project.enabled ?? true,
    parentId: project.parent_id ?? null,
  })
  if (project.tags !== undefined) await tree.replaceTags(row.id, project.tags)
  return { status: 201, body: { project: await viewOf(call, row) } }
}

/** The domain of a project of which the parent is named and the domain is not. */
async function domainBelow(call: Call, parentId: string | null): Promise<string> {
  if (parentId === null) return ownDomain(call)
  const directory = directoryOf(call)
  const parent = await directory.findProject({ id: parentId })
  if (parent !== null) return parent.domain_id
  if ((await directory.findDomain({ id: parentId })) !== null) return parentId
  throw notFound('project', parentId)
}

async function createDomain(call: Call, project: Static<typeof NewProject>['project']): Promise<Answer> {
  if (typeof project.parent_id === 'string' || typeof project.domain_id === 'string') {
    throw invalid('project.parent_id and project.domain_id must be absent where project.is_domain is true')
  }
  const row: DomainRow = await directoryOf(call).createDomain({
    name: project.name,
    description: project.description ?? '',
    enabled: project.enabled ?? true,
  })
  return { status: 201, body: { project: domainAsProject(call, row) } }
}

async function show(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  const own = isAdmin(call) ? null : await ownProjects(call)
  // As unknown: a stranger's project is not confirmed, and clients go on to look for the name.
  if (own !== null && !own.includes(id)) throw notFound('project', id)
  const row = await directoryOf(call).findProject({ id })
  if (row !== null) {
    const family = await relatives(call, row, own)
    return { status: 200, body: { project: { ...(await viewOf(call, row)), ...family } } }
  }
  const domain = await directoryOf(call).findDomain({ id })
  if (domain === null) throw notFound('project', id)
  return { status: 200, body: { project: domainAsProject(call, domain) } }
}

async function update(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  const { project } = call.body as Static<typeof ProjectChange>
  const { auth } = call.parts
  const before = await auth.directory.findProject({ id })
  if (before === null) throw notFound('project', id)
  const place = { domain_id: before.domain_id, parent_id: before.parent_id ?? before.domain_id }
  for (const name of ['domain_id', 'parent_id'] as const) {
    if (typeof project[name] === 'string' && project[name] !== place[name]) {
      throw invalid(`project.${name} must stay as it is`)
    }
  }
  if (project.is_domain === true) throw invalid('project.is_domain must stay as it is')
  const row = await auth.directory.updateProject(id, {
    ...given('name', project.name),
    ...given('description', project.description === null ? '' : project.description),
    ...given('enabled', project.enabled),
  })
  if (project.tags !== undefined) await auth.tree.replaceTags(id, project.tags)
  return { status: 200, body: { project: await viewOf(call, row) } }
}

/** Of all below as well; nothing but `enabled` can be changed so. */
async function cascade(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  const { project } = call.body as Static<typeof ProjectChange>
  const others = Object.keys(project).filter((name) => name !== 'enabled')
  if (project.enabled === undefined || others.length > 0) {
    throw invalid('project must have enabled and nothing else')
  }
  const row = await call.parts.auth.tree.setEnabled(id, project.enabled)
  return { status: 200, body: { project: await viewOf(call, row) } }
}

export const projectRoutes: readonly IdentityRoute[] = [
  { method: 'GET', path: '/v3/projects', access: 'token', query: ListQuery, handler: list },
  { method: 'POST', path: '/v3/projects', access: 'admin', body: NewProject, handler: create },
  { method: 'GET', path: '/v3/projects/:id', access: 'token', query: ListQuery, handler: show },
  { method: 'PATCH', path: '/v3/projects/:id', access: 'admin', body: ProjectChange, handler: update },
  {
    method: 'DELETE',
    path: '/v3/projects/:id',
    access: 'admin',
    handler: (call) => done(directoryOf(call).deleteProject(call.params.id ?? '')),
  },
  {
    method: 'PATCH',
    path: '/v3/projects/:id/cascade',
    access: 'admin',
    body: ProjectChange,
    handler: cascade,
  },
  {
    method: 'DELETE',
    path: '/v3/projects/:id/cascade',
    access: 'admin',
    handler: (call) => done(call.parts.auth.tree.delete(call.params.id ?? '')),
  },
]
