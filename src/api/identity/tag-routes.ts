/** Tags of projects. */
import type { Static } from 'typebox'
import { notFound } from '../../auth/directory.ts'
import { done, isAdmin, type Answer, type Call, type IdentityRoute } from './route.ts'
import { TagList } from './schemas.ts'

const treeOf = (call: Call) => call.parts.auth.tree

/** The project, or 404: also for somebody who has no role on it. */
async function projectId(call: Call): Promise<string> {
  const id = call.params.id ?? ''
  const { directory, roles } = call.parts.auth
  const isSeen = isAdmin(call) || (await roles.placesOf(call.token.standing.user.id, 'project')).includes(id)
  if (!isSeen || (await directory.findProject({ id })) === null) throw notFound('project', id)
  return id
}

async function tagsOf(call: Call): Promise<{ id: string; tags: string[] }> {
  const id = await projectId(call)
  return { id, tags: (await treeOf(call).tagsOf([id])).get(id) ?? [] }
}

async function list(call: Call): Promise<Answer> {
  const { id, tags } = await tagsOf(call)
  const links = { self: `${call.v3}/projects/${id}/tags`, previous: null, next: null }
  return { status: 200, body: { tags, links } }
}

async function check(call: Call): Promise<Answer> {
  const { tag = '' } = call.params
  if (!(await tagsOf(call)).tags.includes(tag)) throw notFound('project tag', tag)
  return { status: 204 }
}

async function replace(call: Call): Promise<Answer> {
  const { tags } = call.body as Static<typeof TagList>
  await treeOf(call).replaceTags(await projectId(call), tags)
  return list(call)
}

async function add(call: Call): Promise<Answer> {
  const { tag = '' } = call.params
  const id = await projectId(call)
  await treeOf(call).addTag(id, tag)
  const location = `${call.v3}/projects/${id}/tags/${encodeURIComponent(tag)}`
  return { status: 201, headers: { location } }
}

const all = '/v3/projects/:id/tags'
const one = `${all}/:tag`

export const tagRoutes: readonly IdentityRoute[] = [
  { method: 'GET', path: all, access: 'token', handler: list },
  { method: 'PUT', path: all, access: 'admin', body: TagList, handler: replace },
  {
    method: 'DELETE',
    path: all,
    access: 'admin',
    handler: async (call) => done(treeOf(call).replaceTags(await projectId(call), [])),
  },
  { method: 'GET', path: one, access: 'token', handler: check },
  { method: 'PUT', path: one, access: 'admin', handler: add },
  {
    method: 'DELETE',
    path: one,
    access: 'admin',
    handler: async (call) => done(treeOf(call).removeTag(await projectId(call), call.params.tag ?? '')),
  },
]
