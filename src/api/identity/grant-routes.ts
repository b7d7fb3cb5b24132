/** Who has which role on one place: on a project, a domain or the system, or (OS-INHERIT) on all projects below. For administrators. */
import { notFound } from '../../auth/directory.ts'
import type { AssignmentRow, RoleActor, RoleTarget } from '../../db/store/roles.ts'
import { collection, done, maxRows, type Answer, type Call, type IdentityRoute } from './route.ts'
import { roleView } from './views.ts'

interface Kind {
  readonly target: RoleTarget['type']
  readonly actor: RoleActor['type']
  readonly inherited: boolean
}

interface Grant {
  readonly actor: RoleActor
  readonly target: RoleTarget
  readonly inherited: boolean
}

const bookOf = (call: Call) => call.parts.auth.roles

/** Below `/v3`: where a row is asked for, given and taken. */
export function grantPath(row: AssignmentRow): string {
  const place = row.target_type === 'system' ? 'system' : `${row.target_type}s/${row.target_id}`
  const role = `${row.actor_type}s/${row.actor_id}/roles/${row.role_id}`
  return row.inherited === true ? `/OS-INHERIT/${place}/${role}/inherited_to_projects` : `/${place}/${role}`
}

/** Checks that both ends exist, so that a typing mistake is a 404 and not a row. */
async function grantOf(call: Call, { target, actor, inherited }: Kind): Promise<Grant> {
  const { directory } = call.parts.auth
  const { target_id: targetId = 'all', actor_id: actorId = '' } = call.params
  const place =
    target === 'system'
      ? true
      : target === 'project'
        ? await directory.findProject({ id: targetId })
        : await directory.findDomain({ id: targetId })
  if (place === null) throw notFound(target, targetId)
  const who =
    actor === 'user'
      ? await directory.users.findUser({ id: actorId })
      : await directory.users.findGroup({ id: actorId })
  if (who === null) throw notFound(actor, actorId)
  return { actor: { type: actor, id: actorId }, target: { type: target, id: targetId }, inherited }
}

async function roleId(call: Call): Promise<string> {
  const { role_id: id = '' } = call.params
  if ((await bookOf(call).find({ id })) === null) throw notFound('role', id)
  return id
}

const rowsOf = (call: Call, { actor, target, inherited }: Grant, more: { roleId?: string; limit: number }) =>
  bookOf(call).assignments({ actors: [actor], target, inherited, ...more })

async function list(call: Call, kind: Kind): Promise<Answer> {
  const grant = await grantOf(call, kind)
  const ids = new Set((await rowsOf(call, grant, { limit: maxRows })).map((row) => row.role_id))
  const roles = (await bookOf(call).list({ limit: maxRows })).filter((row) => ids.has(row.id))
  const { target, actor } = grant
  const place = target.type === 'system' ? 'system' : `${target.type}s/${target.id}`
  const path = `${place}/${actor.type}s/${actor.id}/roles`
  const views = roles.map((row) => roleView(call, row))
  const self = kind.inherited ? `/OS-INHERIT/${path}/inherited_to_projects` : `/${path}`
  return collection(call, 'roles', self, views, maxRows)
}

async function check(call: Call, kind: Kind): Promise<Answer> {
  const grant = await grantOf(call, kind)
  const id = await roleId(call)
  if ((await rowsOf(call, grant, { roleId: id, limit: 1 })).length === 0)
    throw notFound('role assignment', id)
  return { status: 204 }
}

async function give(call: Call, kind: Kind): Promise<Answer> {
  const { actor, target, inherited } = await grantOf(call, kind)
  return done(bookOf(call).grant(await roleId(call), actor, target, inherited))
}

async function take(call: Call, { target, actor, inherited }: Kind): Promise<Answer> {
  const { target_id: targetId = 'all', actor_id: actorId = '', role_id: id = '' } = call.params
  // Whatever is left of an actor that is gone may still be taken away.
  const ends = [{ type: actor, id: actorId } as const, { type: target, id: targetId } as const] as const
  if (!(await bookOf(call).take(id, ...ends, inherited))) throw notFound('role assignment', id)
  return { status: 204 }
}

function routesOf(kind: Kind): IdentityRoute[] {
  const { target, actor, inherited } = kind
  const place = target === 'system' ? 'system' : `${target}s/:target_id`
  const roles = `${place}/${actor}s/:actor_id/roles`
  const all = inherited ? `/v3/OS-INHERIT/${roles}/inherited_to_projects` : `/v3/${roles}`
  const one = inherited ? `/v3/OS-INHERIT/${roles}/:role_id/inherited_to_projects` : `/v3/${roles}/:role_id`
  return [
    { method: 'GET', path: all, access: 'admin', handler: (call) => list(call, kind) },
    { method: 'GET', path: one, access: 'admin', handler: (call) => check(call, kind) },
    { method: 'PUT', path: one, access: 'admin', handler: (call) => give(call, kind) },
    { method: 'DELETE', path: one, access: 'admin', handler: (call) => take(call, kind) },
  ]
}

const actors = ['user', 'group'] as const

export const grantRoutes: readonly IdentityRoute[] = [
  ...(['project', 'domain'] as const).flatMap((target) =>
    actors.flatMap((actor) => [false, true].flatMap((inherited) => routesOf({ target, actor, inherited }))),
  ),
  ...actors.flatMap((actor) => routesOf({ target: 'system', actor, inherited: false })),
]
