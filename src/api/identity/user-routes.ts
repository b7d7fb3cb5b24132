/** Users and groups. An account may see itself and change its own password; the rest is for administrators. */
import type { Static } from 'typebox'
import { notFound } from '../../auth/directory.ts'
import { accountOptions, type AccountOptionsChange } from '../../model/account-options.ts'
import { invalid } from '../../model/errors.ts'
import { ownDomain } from './project-routes.ts'
import {
  collection,
  done,
  given,
  limitOf,
  maxRows,
  namedQuery,
  ownerOrAdmin,
  truthOf,
  type Answer,
  type Call,
  type IdentityRoute,
} from './route.ts'
import { GroupChange, ListQuery, NewGroup, NewUser, PasswordChange, UserChange } from './schemas.ts'
import { projectsOf } from './token-routes.ts'
import { groupView, userView } from './views.ts'

const directoryOf = (call: Call) => call.parts.auth.directory

function actorQuery({ query }: Call) {
  const enabled = query.enabled === undefined ? undefined : truthOf(query.enabled)
  return { ...given('domainId', query.domain_id), ...given('enabled', enabled) }
}

async function listUsers(call: Call): Promise<Answer> {
  const { users } = directoryOf(call)
  const names = await namedQuery(call, (id) => users.findUser({ id }))
  const rows = await users.listUsers({ ...actorQuery(call), ...names })
  const views = rows.map((user) => userView(call, user))
  return collection(call, 'users', '/users', views, limitOf(call.query), { goesOn: true })
}

/** Those that are known here; null takes one away. */
function optionsOf({ options }: Static<typeof UserChange>['user']): AccountOptionsChange | undefined {
  if (options === undefined) return undefined
  return Object.fromEntries(
    accountOptions.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  )
}

async function createUser(call: Call): Promise<Answer> {
  const { user } = call.body as Static<typeof NewUser>
  const made = await directoryOf(call).createUser({
    name: user.name,
    domainId: user.domain_id ?? ownDomain(call),
    password: user.password ?? null,
    description: user.description ?? '',
    email: user.email ?? null,
    enabled: user.enabled ?? true,
    defaultProjectId: user.default_project_id ?? null,
    ...given('options', optionsOf(user)),
  })
  return { status: 201, body: { user: userView(call, made) } }
}

async function showUser(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  ownerOrAdmin(call, id)
  const user = await directoryOf(call).users.findUser({ id })
  if (user === null) throw notFound('user', id)
  return { status: 200, body: { user: userView(call, user) } }
}

async function updateUser(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  const { user } = call.body as Static<typeof UserChange>
  const before = await directoryOf(call).users.findUser({ id })
  const { domain_id: domainId } = user
  if (before !== null && typeof domainId === 'string' && domainId !== before.domainId) {
    throw invalid('user.domain_id must stay as it is')
  }
  const after = await directoryOf(call).updateUser(id, {
    ...given('name', user.name),
    ...given('description', user.description === null ? '' : user.description),
    ...given('email', user.email),
    ...given('enabled', user.enabled),
    ...given('defaultProjectId', user.default_project_id),
    ...given('options', optionsOf(user)),
    ...(typeof user.password === 'string' ? { password: user.password } : {}),
  })
  return { status: 200, body: { user: userView(call, after) } }
}

/** The old password is the proof: it works without a token, as for somebody whose tokens are gone. */
async function changePassword(call: Call): Promise<Answer> {
  const { user } = call.body as Static<typeof PasswordChange>
  await call.parts.auth.changePassword({
    userId: call.params.id ?? '',
    original: user.original_password,
    password: user.password,
    address: call.address,
  })
  return { status: 204 }
}

async function groupsOf(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  ownerOrAdmin(call, id)
  const { users } = directoryOf(call)
  const groups = await users.listGroups({ ids: await users.groupIdsOf(id), limit: maxRows })
  return collection(
    call,
    'groups',
    `/users/${id}/groups`,
    groups.map((group) => groupView(call, group)),
    maxRows,
  )
}

async function listGroups(call: Call): Promise<Answer> {
  const { users } = directoryOf(call)
  const { enabled: _groupsAreAlwaysOn, ...query } = actorQuery(call)
  const names = await namedQuery(call, (id) => users.findGroup({ id }))
  const groups = await users.listGroups({ ...query, ...names })
  const views = groups.map((group) => groupView(call, group))
  return collection(call, 'groups', '/groups', views, limitOf(call.query), { goesOn: true })
}

async function createGroup(call: Call): Promise<Answer> {
  const { group } = call.body as Static<typeof NewGroup>
  const made = await directoryOf(call).createGroup({
    name: group.name,
    domainId: group.domain_id ?? ownDomain(call),
    description: group.description ?? '',
  })
  return { status: 201, body: { group: groupView(call, made) } }
}

async function updateGroup(call: Call): Promise<Answer> {
  const { group } = call.body as Static<typeof GroupChange>
  const after = await directoryOf(call).updateGroup(call.params.id ?? '', {
    ...given('name', group.name),
    ...given('description', group.description === null ? '' : group.description),
  })
  return { status: 200, body: { group: groupView(call, after) } }
}

async function listMembers(call: Call): Promise<Answer> {
  const { id } = await directoryOf(call).group(call.params.id ?? '')
  const { users } = directoryOf(call)
  const members = await users.listUsers({ ids: await users.memberIdsOf(id), limit: maxRows })
  return collection(
    call,
    'users',
    `/groups/${id}/users`,
    members.map((user) => userView(call, user)),
    maxRows,
  )
}

async function isMember(call: Call): Promise<Answer> {
  const { id = '', user_id: userId = '' } = call.params
  const members = await directoryOf(call).users.memberIdsOf(id)
  if (!members.includes(userId)) throw notFound('user in the group', userId)
  return { status: 204 }
}

const member = '/v3/groups/:id/users/:user_id'

export const userRoutes: readonly IdentityRoute[] = [
  { method: 'GET', path: '/v3/users', access: 'admin', query: ListQuery, handler: listUsers },
  { method: 'POST', path: '/v3/users', access: 'admin', body: NewUser, handler: createUser },
  { method: 'GET', path: '/v3/users/:id', access: 'token', handler: showUser },
  { method: 'PATCH', path: '/v3/users/:id', access: 'admin', body: UserChange, handler: updateUser },
  {
    method: 'DELETE',
    path: '/v3/users/:id',
    access: 'admin',
    handler: (call) => done(directoryOf(call).deleteUser(call.params.id ?? '')),
  },
  {
    method: 'POST',
    path: '/v3/users/:id/password',
    access: 'open',
    body: PasswordChange,
    handler: changePassword,
  },
  {
    method: 'GET',
    path: '/v3/users/:id/projects',
    access: 'token',
    handler: (call) => {
      const id = call.params.id ?? ''
      ownerOrAdmin(call, id)
      return projectsOf(call, id, `/users/${id}/projects`)
    },
  },
  { method: 'GET', path: '/v3/users/:id/groups', access: 'token', handler: groupsOf },

  { method: 'GET', path: '/v3/groups', access: 'admin', query: ListQuery, handler: listGroups },
  { method: 'POST', path: '/v3/groups', access: 'admin', body: NewGroup, handler: createGroup },
  {
    method: 'GET',
    path: '/v3/groups/:id',
    access: 'admin',
    handler: async (call) => {
      const group = await directoryOf(call).group(call.params.id ?? '')
      return { status: 200, body: { group: groupView(call, group) } }
    },
  },
  { method: 'PATCH', path: '/v3/groups/:id', access: 'admin', body: GroupChange, handler: updateGroup },
  {
    method: 'DELETE',
    path: '/v3/groups/:id',
    access: 'admin',
    handler: (call) => done(directoryOf(call).deleteGroup(call.params.id ?? '')),
  },
  { method: 'GET', path: '/v3/groups/:id/users', access: 'admin', handler: listMembers },
  { method: 'GET', path: member, access: 'admin', handler: isMember },
  {
    method: 'PUT',
    path: member,
    access: 'admin',
    handler: (call) => done(directoryOf(call).addMember(call.params.id ?? '', call.params.user_id ?? '')),
  },
  {
    method: 'DELETE',
    path: member,
    access: 'admin',
    handler: (call) => done(directoryOf(call).removeMember(call.params.id ?? '', call.params.user_id ?? '')),
  },
]
