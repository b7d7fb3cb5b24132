/** Roles, what they imply, and grants on projects and domains. All for administrators. */
import type { Static } from 'typebox'
import { notFound } from '../../auth/directory.ts'
import { impliedRoles } from '../../auth/role-book.ts'
import type { RoleActor, RoleRow, RoleTarget } from '../../db/store/roles.ts'
import { collection, given, limitOf, maxRows, type Answer, type Call, type IdentityRoute } from './route.ts'
import { ListQuery, NewRole } from './schemas.ts'
import { roleView } from './views.ts'

const bookOf = (call: Call) => call.parts.auth.roles

async function list(call: Call): Promise<Answer> {
  const limit = limitOf(call.query)
  // Domain-specific roles don't exist: whoever asks for those gets none.
  const rows =
    call.query.domain_id === undefined
      ? await bookOf(call).list({ ...given('name', call.query.name), limit: limit + 1 })
      : []
  return collection(
    call,
    'roles',
    '/roles',
    rows.map((row) => roleView(call, row)),
    limit,
  )
}

async function role(call: Call, id: string): Promise<RoleRow> {
  const row = await bookOf(call).find({ id })
  if (row === null) throw notFound('role', id)
  return row
}

async function create(call: Call): Promise<Answer> {
  const { role: wanted } = call.body as Static<typeof NewRole>
  const row = await bookOf(call).create(wanted.name, wanted.description ?? '')
  return { status: 201, body: { role: roleView(call, row) } }
}

async function remove(call: Call): Promise<Answer> {
  const { id } = await role(call, call.params.id ?? '')
  await bookOf(call).delete(id)
  return { status: 204 }
}

async function inferences(call: Call): Promise<Answer> {
  const rows = await bookOf(call).list({ limit: maxRows })
  const brief = (row: RoleRow): object => ({
    id: row.id,
    name: row.name,
    links: { self: `${call.v3}/roles/${row.id}` },
  })
  const named = (name: string): RoleRow[] => rows.filter((row) => row.name === name)
  return {
    status: 200,
    body: {
      role_inferences: impliedRoles.flatMap(([prior, implied]) =>
        named(prior).map((row) => ({ prior_role: brief(row), implies: named(implied).map(brief) })),
      ),
      links: { self: `${call.v3}/role_inferences` },
    },
  }
}

// ------------------------------------------------------------------------------------------------------------ grants

interface Grant {
  readonly actor: RoleActor
  readonly target: RoleTarget
}

/** Checks that both ends exist, so that a typing mistake is a 404 and not a row. */
async function grantOf(call: Call, target: RoleTarget['type'], actor: RoleActor['type']): Promise<Grant> {
  const { directory } = call.parts.auth
  const { target_id: targetId = '', actor_id: actorId = '' } = call.params
  const place =
    target === 'project'
      ? await directory.findProject({ id: targetId })
      : await directory.findDomain({ id: targetId })
  if (place === null) throw notFound(target, targetId)
  const who =
    actor === 'user'
      ? await directory.users.findUser({ id: actorId })
      : await directory.users.findGroup({ id: actorId })
  if (who === null) throw notFound(actor, actorId)
  return { actor: { type: actor, id: actorId }, target: { type: target, id: targetId } }
}

function grantRoutes(target: 'project' | 'domain', actor: 'user' | 'group'): IdentityRoute[] {
  const all = `/v3/${target}s/:target_id/${actor}s/:actor_id/roles`
  const one = `${all}/:role_id`
  const check = async (call: Call): Promise<Answer> => {
    const grant = await grantOf(call, target, actor)
    const { id } = await role(call, call.params.role_id ?? '')
    const found = await bookOf(call).assignments({
      actors: [grant.actor],
      target: grant.target,
      roleId: id,
      limit: 1,
    })
    if (found.length === 0) throw notFound('role assignment', id)
    return { status: 204 }
  }
  return [
    {
      method: 'GET',
      path: all,
      access: 'admin',
      handler: async (call) => {
        const grant = await grantOf(call, target, actor)
        const rows = await bookOf(call).assignments({
          actors: [grant.actor],
          target: grant.target,
          limit: maxRows,
        })
        const ids = new Set(rows.map((row) => row.role_id))
        const roles = (await bookOf(call).list({ limit: maxRows })).filter((row) => ids.has(row.id))
        const path = `/${target}s/${grant.target.id}/${actor}s/${grant.actor.id}/roles`
        return collection(
          call,
          'roles',
          path,
          roles.map((row) => roleView(call, row)),
          maxRows,
        )
      },
    },
    { method: 'HEAD', path: one, access: 'admin', handler: check },
    { method: 'GET', path: one, access: 'admin', handler: check },
    {
      method: 'PUT',
      path: one,
      access: 'admin',
      handler: async (call) => {
        const grant = await grantOf(call, target, actor)
        const { id } = await role(call, call.params.role_id ?? '')
        await bookOf(call).grant(id, grant.actor, grant.target)
        return { status: 204 }
      },
    },
    {
      method: 'DELETE',
      path: one,
      access: 'admin',
      handler: async (call) => {
        const { target_id: targetId = '', actor_id: actorId = '', role_id: roleId = '' } = call.params
        // Whatever is left of an actor that is gone may still be taken away.
        const taken = await bookOf(call).take(
          roleId,
          { type: actor, id: actorId },
          { type: target, id: targetId },
        )
        if (!taken) throw notFound('role assignment', roleId)
        return { status: 204 }
      },
    },
  ]
}

export const roleRoutes: readonly IdentityRoute[] = [
  { method: 'GET', path: '/v3/roles', access: 'admin', query: ListQuery, handler: list },
  { method: 'POST', path: '/v3/roles', access: 'admin', body: NewRole, handler: create },
  {
    method: 'GET',
    path: '/v3/roles/:id',
    access: 'admin',
    handler: async (call) => ({
      status: 200,
      body: { role: roleView(call, await role(call, call.params.id ?? '')) },
    }),
  },
  { method: 'DELETE', path: '/v3/roles/:id', access: 'admin', handler: remove },
  { method: 'GET', path: '/v3/role_inferences', access: 'admin', handler: inferences },
  ...grantRoutes('project', 'user'),
  ...grantRoutes('project', 'group'),
  ...grantRoutes('domain', 'user'),
  ...grantRoutes('domain', 'group'),
]
