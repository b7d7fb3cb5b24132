/** Roles, and which others each brings along. All for administrators. */
import type { Static } from 'typebox'
import { notFound } from '../../auth/directory.ts'
import type { RoleRow } from '../../db/store/roles.ts'
import {
  collection,
  done,
  given,
  limitOf,
  maxRows,
  namedQuery,
  type Answer,
  type Call,
  type IdentityRoute,
} from './route.ts'
import { ListQuery, NewRole, RoleChange } from './schemas.ts'
import { roleView } from './views.ts'

const bookOf = (call: Call) => call.parts.auth.roles

async function list(call: Call): Promise<Answer> {
  const book = bookOf(call)
  const names = await namedQuery(call, (id) => book.find({ id }))
  // Domain-specific roles don't exist: whoever asks for those gets none.
  const rows = call.query.domain_id === undefined ? await book.list(names) : []
  const views = rows.map((row) => roleView(call, row))
  return collection(call, 'roles', '/roles', views, limitOf(call.query), { goesOn: true })
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

async function update(call: Call): Promise<Answer> {
  const { role: wanted } = call.body as Static<typeof RoleChange>
  const row = await bookOf(call).update(call.params.id ?? '', {
    ...given('name', wanted.name),
    ...given('description', wanted.description === null ? '' : wanted.description),
  })
  return { status: 200, body: { role: roleView(call, row) } }
}

async function remove(call: Call): Promise<Answer> {
  const { id } = await role(call, call.params.id ?? '')
  return done(bookOf(call).delete(id))
}

// ------------------------------------------------------------------------------------------------------ implied roles

const brief = (call: Call, { id, name }: RoleRow): object => ({
  id,
  name,
  links: { self: `${call.v3}/roles/${id}` },
})

/** Every role that implies others by itself, with these; in the order of names. */
async function inferencesOf(call: Call): Promise<{ prior: RoleRow; implied: RoleRow[] }[]> {
  const rows = await bookOf(call).list({ limit: maxRows })
  const implications = await bookOf(call).implications()
  return rows.flatMap((prior) => {
    const implied = rows.filter(({ id }) => implications.get(prior.id)?.has(id) === true)
    return implied.length === 0 ? [] : [{ prior, implied }]
  })
}

async function inferences(call: Call): Promise<Answer> {
  const found = (await inferencesOf(call)).map(({ prior, implied }) => ({
    prior_role: brief(call, prior),
    implies: implied.map((row) => brief(call, row)),
  }))
  return {
    status: 200,
    body: { role_inferences: found, links: { self: `${call.v3}/role_inferences` } },
  }
}

async function impliedBy(call: Call): Promise<Answer> {
  const prior = await role(call, call.params.prior_id ?? '')
  const found = (await inferencesOf(call)).find((one) => one.prior.id === prior.id)
  const implies = (found?.implied ?? []).map((row) => brief(call, row))
  return {
    status: 200,
    body: {
      role_inference: { prior_role: brief(call, prior), implies },
      links: { self: `${call.v3}/roles/${prior.id}/implies` },
    },
  }
}

async function pairOf(call: Call): Promise<{ prior: RoleRow; implied: RoleRow }> {
  const { prior_id: priorId = '', implied_id: impliedId = '' } = call.params
  return { prior: await role(call, priorId), implied: await role(call, impliedId) }
}

function inference(
  call: Call,
  status: number,
  { prior, implied }: Awaited<ReturnType<typeof pairOf>>,
): Answer {
  return {
    status,
    body: {
      role_inference: { prior_role: brief(call, prior), implies: brief(call, implied) },
      links: { self: `${call.v3}/roles/${prior.id}/implies/${implied.id}` },
    },
  }
}

async function checkImplied(call: Call): Promise<Answer> {
  const pair = await pairOf(call)
  const { prior, implied } = pair
  if ((await bookOf(call).implications()).get(prior.id)?.has(implied.id) !== true) {
    throw notFound('implied role', implied.id)
  }
  return inference(call, 200, pair)
}

async function imply(call: Call): Promise<Answer> {
  const pair = await pairOf(call)
  await bookOf(call).imply(pair.prior.id, pair.implied.id)
  return inference(call, 201, pair)
}

async function unimply(call: Call): Promise<Answer> {
  const { prior, implied } = await pairOf(call)
  if (!(await bookOf(call).unimply(prior.id, implied.id))) throw notFound('implied role', implied.id)
  return { status: 204 }
}

const one = '/v3/roles/:prior_id/implies/:implied_id'

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
  { method: 'PATCH', path: '/v3/roles/:id', access: 'admin', body: RoleChange, handler: update },
  { method: 'DELETE', path: '/v3/roles/:id', access: 'admin', handler: remove },
  { method: 'GET', path: '/v3/role_inferences', access: 'admin', handler: inferences },
  { method: 'GET', path: '/v3/roles/:prior_id/implies', access: 'admin', handler: impliedBy },
  { method: 'GET', path: one, access: 'admin', handler: checkImplied },
  {
    method: 'HEAD',
    path: one,
    access: 'admin',
    handler: async (call) => {
      await checkImplied(call)
      return { status: 204 }
    },
  },
  { method: 'PUT', path: one, access: 'admin', handler: imply },
  { method: 'DELETE', path: one, access: 'admin', handler: unimply },
]
