/** Discovery, and the catalog as read-only resources. */
import { notFound } from '../../auth/directory.ts'
import { catalog, endpointsOf, regionOf, services } from './catalog.ts'
import { collection, given, maxRows, type Answer, type Call, type IdentityRoute } from './route.ts'
import { ListQuery } from './schemas.ts'

const version = (v3: string): object => ({
  id: 'v3.14',
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${v3}/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
})

const regionView = (call: Call): object => {
  const id = regionOf(call.parts)
  return { id, description: '', parent_region_id: null, links: { self: `${call.v3}/regions/${id}` } }
}

const serviceViews = (call: Call) =>
  services(call.base).map(({ id, type, name }) => ({
    id,
    type,
    name,
    description: '',
    enabled: true,
    links: { self: `${call.v3}/services/${id}` },
  }))

const endpointViews = (call: Call) =>
  services(call.base).flatMap((service) =>
    endpointsOf(call.parts, service).map((endpoint) => ({
      ...endpoint,
      service_id: service.id,
      enabled: true,
      links: { self: `${call.v3}/endpoints/${endpoint.id}` },
    })),
  )

/** Rows that agree with every filter that the query gives. */
function filtered<Row extends Record<string, unknown>>(
  call: Call,
  rows: Row[],
  names: readonly string[],
): Row[] {
  const wanted = names.flatMap((name) => Object.entries(given(name, call.query[name])))
  return rows.filter((row) => wanted.every(([name, value]) => row[name] === value))
}

function one(call: Call, noun: string, rows: readonly { readonly id: string }[]): Answer {
  const id = call.params.id ?? ''
  const found = rows.find((row) => row.id === id)
  if (found === undefined) throw notFound(noun, id)
  return { status: 200, body: { [noun]: found } }
}

export const catalogRoutes: readonly IdentityRoute[] = [
  {
    method: 'GET',
    path: '/',
    access: 'open',
    handler: (call) => ({ status: 300, body: { versions: { values: [version(call.v3)] } } }),
  },
  {
    method: 'GET',
    path: '/v3',
    access: 'open',
    handler: (call) => ({ status: 200, body: { version: version(call.v3) } }),
  },
  {
    method: 'GET',
    path: '/v3/auth/catalog',
    access: 'token',
    handler: (call) => ({
      status: 200,
      body: { catalog: catalog(call.parts, call.base), links: { self: `${call.v3}/auth/catalog` } },
    }),
  },
  {
    method: 'GET',
    path: '/v3/regions',
    access: 'token',
    query: ListQuery,
    handler: (call) => collection(call, 'regions', '/regions', [regionView(call)], maxRows),
  },
  {
    method: 'GET',
    path: '/v3/regions/:id',
    access: 'token',
    handler: (call) => one(call, 'region', [regionView(call) as { id: string }]),
  },
  {
    method: 'GET',
    path: '/v3/services',
    access: 'admin',
    query: ListQuery,
    handler: (call) =>
      collection(
        call,
        'services',
        '/services',
        filtered(call, serviceViews(call), ['name', 'type']),
        maxRows,
      ),
  },
  {
    method: 'GET',
    path: '/v3/services/:id',
    access: 'admin',
    handler: (call) => one(call, 'service', serviceViews(call)),
  },
  {
    method: 'GET',
    path: '/v3/endpoints',
    access: 'admin',
    query: ListQuery,
    handler: (call) => {
      const rows = filtered(call, endpointViews(call), ['interface', 'service_id', 'region_id'])
      return collection(call, 'endpoints', '/endpoints', rows, maxRows)
    },
  },
  {
    method: 'GET',
    path: '/v3/endpoints/:id',
    access: 'admin',
    handler: (call) => one(call, 'endpoint', endpointViews(call)),
  },
]
