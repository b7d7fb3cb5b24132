/** Domains (read) and projects. */
import type { Static } from 'typebox'
import { notFound } from '../../auth/directory.ts'
import { fault, invalid } from '../../model/errors.ts'
import {
  collection,
  given,
  isAdmin,
  limitOf,
  truthOf,
  type Answer,
  type Call,
  type IdentityRoute,
} from './route.ts'
import { ListQuery, NewProject, ProjectChange } from './schemas.ts'
import { targetsOf } from './token-routes.ts'
import { domainView, projectView } from './views.ts'

const flagOf = (text: string | undefined): 0 | 1 | undefined =>
  text === undefined ? undefined : truthOf(text) ? 1 : 0

/** The domain of what is made without naming one: the caller's project's, else the caller's. */
export const ownDomain = (call: Call): string =>
  call.token.standing.domain?.id ?? call.token.standing.userDomain.id

async function listDomains(call: Call): Promise<Answer> {
  const { query } = call
  const limit = limitOf(query)
  const filter = {
    ...given('name', query.name),
    ...given('enabled', flagOf(query.enabled)),
    limit: limit + 1,
  }
  const rows = await call.parts.auth.directory.listDomains(filter)
  return collection(
    call,
    'domains',
    '/domains',
    rows.map((row) => domainView(call, row)),
    limit,
  )
}

async function showDomain(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  const { userDomain, domain } = call.token.standing
  if (id !== userDomain.id && id !== domain?.id && !isAdmin(call)) throw fault('Forbidden')
  const row = await call.parts.auth.directory.findDomain({ id })
  if (row === null) throw notFound('domain', id)
  return { status: 200, body: { domain: domainView(call, row) } }
}

async function list(call: Call): Promise<Answer> {
  const { query } = call
  const limit = limitOf(query)
  // Projects as domains don't exist here.
  if (query.is_domain !== undefined && truthOf(query.is_domain)) {
    return collection(call, 'projects', '/projects', [], limit)
  }
  const rows = await call.parts.auth.directory.listProjects({
    // Others find their own projects, so that a client's "project by name or id" works for everybody.
    ...(isAdmin(call) ? {} : { ids: await targetsOf(call, call.token.standing.user.id, 'project') }),
    ...given('name', query.name),
    ...given('domainId', query.domain_id),
    ...given('parentId', query.parent_id),
    ...given('enabled', flagOf(query.enabled)),
    limit: limit + 1,
  })
  return collection(
    call,
    'projects',
    '/projects',
    rows.map((row) => projectView(call, row)),
    limit,
  )
}

async function create(call: Call): Promise<Answer> {
  const { project } = call.body as Static<typeof NewProject>
  refuseTags(project.tags)
  if (project.is_domain === true)
    throw invalid('project.is_domain must be false: projects are not domains here')
  const row = await call.parts.auth.directory.createProject({
    name: project.name,
    domainId: project.domain_id ?? ownDomain(call),
    description: project.description ?? '',
    enabled: project.enabled ?? true,
    parentId: project.parent_id ?? null,
  })
  return { status: 201, body: { project: projectView(call, row) } }
}

async function show(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  if (!isAdmin(call) && !(await targetsOf(call, call.token.standing.user.id, 'project')).includes(id)) {
    // As unknown: a stranger's project is not confirmed, and clients go on to look for the name.
    throw notFound('project', id)
  }
  const row = await call.parts.auth.directory.findProject({ id })
  if (row === null) throw notFound('project', id)
  return { status: 200, body: { project: projectView(call, row) } }
}

async function update(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  const { project } = call.body as Static<typeof ProjectChange>
  refuseTags(project.tags)
  const before = await call.parts.auth.directory.findProject({ id })
  if (before !== null && project.domain_id !== undefined && project.domain_id !== before.domain_id) {
    throw invalid('project.domain_id must stay as it is')
  }
  const row = await call.parts.auth.directory.updateProject(id, {
    ...given('name', project.name),
    ...given('description', project.description === null ? '' : project.description),
    ...given('enabled', project.enabled),
  })
  return { status: 200, body: { project: projectView(call, row) } }
}

function refuseTags(tags: readonly string[] | undefined): void {
  if (tags !== undefined && tags.length > 0)
    throw invalid('project.tags must be empty: tags are not kept here')
}

export const projectRoutes: readonly IdentityRoute[] = [
  { method: 'GET', path: '/v3/domains', access: 'admin', query: ListQuery, handler: listDomains },
  { method: 'GET', path: '/v3/domains/:id', access: 'token', handler: showDomain },
  { method: 'GET', path: '/v3/projects', access: 'token', query: ListQuery, handler: list },
  { method: 'POST', path: '/v3/projects', access: 'admin', body: NewProject, handler: create },
  { method: 'GET', path: '/v3/projects/:id', access: 'token', handler: show },
  { method: 'PATCH', path: '/v3/projects/:id', access: 'admin', body: ProjectChange, handler: update },
  {
    method: 'DELETE',
    path: '/v3/projects/:id',
    access: 'admin',
    handler: async (call) => {
      await call.parts.auth.directory.deleteProject(call.params.id ?? '')
      return { status: 204 }
    },
  },
]
