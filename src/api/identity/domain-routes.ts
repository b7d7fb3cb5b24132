/** Domains: administrators make and end them; an account sees its own. */
import type { Static } from 'typebox'
import { notFound } from '../../auth/directory.ts'
import type { DomainRow } from '../../db/store/identity.ts'
import { fault } from '../../model/errors.ts'
import {
  collection,
  done,
  given,
  isAdmin,
  limitOf,
  namedQuery,
  truthOf,
  type Answer,
  type Call,
  type IdentityRoute,
} from './route.ts'
import { DomainChange, ListQuery, NewDomain } from './schemas.ts'
import { domainView } from './views.ts'

const directoryOf = (call: Call) => call.parts.auth.directory

/** `enabled` of the query as databases have it. */
export const flagOf = (text: string | undefined): 0 | 1 | undefined =>
  text === undefined ? undefined : truthOf(text) ? 1 : 0

/** Ours: where users and groups are a directory's and can't be changed here, `users_read_only` says so; elsewhere it is not there. */
async function withWriters(call: Call, rows: readonly DomainRow[]): Promise<object[]> {
  const readOnly = (await directoryOf(call).users.readOnlyDomains?.()) ?? new Set<string>()
  return rows.map((row) => ({
    ...domainView(call, row),
    ...(readOnly.has(row.id) ? { users_read_only: true } : {}),
  }))
}

async function list(call: Call): Promise<Answer> {
  const directory = directoryOf(call)
  const names = await namedQuery(call, (id) => directory.findDomain({ id }))
  const rows = await directory.listDomains({ ...names, ...given('enabled', flagOf(call.query.enabled)) })
  const views = await withWriters(call, rows)
  return collection(call, 'domains', '/domains', views, limitOf(call.query), { goesOn: true })
}

async function show(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  const { userDomain, domain } = call.token.standing
  if (id !== userDomain.id && id !== domain?.id && !isAdmin(call)) throw fault('Forbidden')
  const row = await directoryOf(call).findDomain({ id })
  if (row === null) throw notFound('domain', id)
  const [view] = await withWriters(call, [row])
  return { status: 200, body: { domain: view } }
}

async function create(call: Call): Promise<Answer> {
  const { domain } = call.body as Static<typeof NewDomain>
  const row = await directoryOf(call).createDomain({
    name: domain.name,
    description: domain.description ?? '',
    enabled: domain.enabled ?? true,
  })
  return { status: 201, body: { domain: domainView(call, row) } }
}

async function update(call: Call): Promise<Answer> {
  const id = call.params.id ?? ''
  const { domain } = call.body as Static<typeof DomainChange>
  // Whoever disables the domain of the account in use could not take it back.
  if (domain.enabled === false && call.token.standing.userDomain.id === id) {
    throw fault('Refused', { message: 'The domain of your own account cannot be disabled by yourself.' })
  }
  const row = await directoryOf(call).updateDomain(id, {
    ...given('name', domain.name),
    ...given('description', domain.description === null ? '' : domain.description),
    ...given('enabled', domain.enabled),
  })
  return { status: 200, body: { domain: domainView(call, row) } }
}

export const domainRoutes: readonly IdentityRoute[] = [
  { method: 'GET', path: '/v3/domains', access: 'admin', query: ListQuery, handler: list },
  { method: 'POST', path: '/v3/domains', access: 'admin', body: NewDomain, handler: create },
  { method: 'GET', path: '/v3/domains/:id', access: 'token', handler: show },
  { method: 'PATCH', path: '/v3/domains/:id', access: 'admin', body: DomainChange, handler: update },
  {
    method: 'DELETE',
    path: '/v3/domains/:id',
    access: 'admin',
    handler: (call) => done(directoryOf(call).deleteDomain(call.params.id ?? '')),
  },
]
