/** Regions, services and endpoints. What the service says of itself is shown with the others and cannot be changed. */
import type { Static } from 'typebox'
import { notFound } from '../../auth/directory.ts'
import { fault, invalid } from '../../model/errors.ts'
import {
  ownCatalog,
  strangePlaceholders,
  wholeCatalog,
  type Catalog,
  type CatalogEndpoint,
  type CatalogRegion,
  type CatalogService,
} from './catalog.ts'
import {
  collection,
  done,
  given,
  limitOf,
  truthOf,
  type Answer,
  type Call,
  type IdentityRoute,
} from './route.ts'
import {
  EndpointChange,
  ListQuery,
  NewEndpoint,
  NewRegion,
  NewService,
  RegionChange,
  ServiceChange,
} from './schemas.ts'

const bookOf = (call: Call) => call.parts.auth.catalog

const read = async (call: Call): Promise<Catalog> => wholeCatalog(call, await bookOf(call).read())

type Kind = keyof Catalog
const nouns = { regions: 'region', services: 'service', endpoints: 'endpoint' } as const

const linked = (call: Call, kind: Kind, row: { readonly id: string }): object => ({
  ...row,
  links: { self: `${call.v3}/${kind}/${row.id}` },
})
const viewOf = (call: Call, kind: Kind, row: CatalogRegion | CatalogService | CatalogEndpoint): object =>
  // Older clients read the region under its first name.
  linked(call, kind, 'url' in row ? ({ ...row, region: row.region_id } as typeof row) : row)

async function list(call: Call, kind: Kind, filters: readonly string[]): Promise<Answer> {
  const wanted = filters.flatMap((name) => Object.entries(given(name, call.query[name])))
  const enabled = call.query.enabled
  const rows: readonly object[] = (await read(call))[kind]
  const fits = (row: Record<string, unknown>): boolean =>
    wanted.every(([name, value]) => row[name] === value) &&
    (enabled === undefined || row.enabled === undefined || row.enabled === truthOf(enabled))
  const views = (rows as (CatalogRegion & Record<string, unknown>)[])
    .filter(fits)
    .map((row) => viewOf(call, kind, row))
  return collection(call, kind, `/${kind}`, views, limitOf(call.query))
}

async function find<K extends Kind>(call: Call, kind: K, id: string): Promise<Catalog[K][number]> {
  const rows: readonly Catalog[K][number][] = (await read(call))[kind]
  const found = rows.find((row) => row.id === id)
  if (found === undefined) throw notFound(nouns[kind], id)
  return found
}

async function show(call: Call, kind: Kind): Promise<Answer> {
  const row = await find(call, kind, call.params.id ?? '')
  return { status: 200, body: { [nouns[kind]]: viewOf(call, kind, row) } }
}

/** The id of one that may be changed. */
async function kept(call: Call, kind: Kind): Promise<string> {
  const { id } = await find(call, kind, call.params.id ?? '')
  if (ownCatalog(call)[kind].some((own) => own.id === id)) {
    throw fault('Refused', {
      message: `This ${nouns[kind]} is the service's own: it follows the configuration and cannot be changed here.`,
    })
  }
  return id
}

const made = (call: Call, kind: Kind, row: Parameters<typeof viewOf>[2], status = 201): Answer => ({
  status,
  body: { [nouns[kind]]: viewOf(call, kind, row) },
})

async function changed(call: Call, kind: Kind, id: string): Promise<Answer> {
  return made(call, kind, await find(call, kind, id), 200)
}

// ----------------------------------------------------------------------------------------------------------- regions

async function createRegion(call: Call, id?: string): Promise<Answer> {
  const { region } = call.body as Static<typeof NewRegion>
  if (id !== undefined && region.id !== undefined && region.id !== id) {
    throw invalid('region.id must be as in the URL')
  }
  const wantedId = id ?? region.id
  const { regions } = await read(call)
  if (regions.some((row) => row.id === wantedId)) {
    throw fault('Conflict', { message: `There is a region ${wantedId} already.` })
  }
  const parent = region.parent_region_id ?? null
  if (parent !== null) await find(call, 'regions', parent)
  const row = await bookOf(call).createRegion({
    ...given('id', wantedId),
    description: region.description ?? '',
    parent_region_id: parent,
  })
  return made(call, 'regions', row)
}

async function updateRegion(call: Call): Promise<Answer> {
  const id = await kept(call, 'regions')
  const { region } = call.body as Static<typeof RegionChange>
  const { parent_region_id: parent } = region
  if (typeof parent === 'string') await refuseRing(call, id, parent)
  await bookOf(call).updateRegion(id, {
    ...given('description', region.description === null ? '' : region.description),
    ...given('parent_region_id', parent),
  })
  return changed(call, 'regions', id)
}

async function refuseRing(call: Call, id: string, parent: string): Promise<void> {
  const { regions } = await read(call)
  const over = new Map(regions.map((row) => [row.id, row.parent_region_id]))
  if (!over.has(parent)) throw notFound('region', parent)
  const seen = new Set<string>()
  for (let at: string | null = parent; at !== null && !seen.has(at); at = over.get(at) ?? null) {
    if (at === id) throw invalid('parent_region_id must not be the region itself or one below it')
    seen.add(at)
  }
}

async function deleteRegion(call: Call): Promise<Answer> {
  const id = await kept(call, 'regions')
  const { regions, endpoints } = await read(call)
  const isUsed =
    endpoints.some((row) => row.region_id === id) || regions.some((row) => row.parent_region_id === id)
  if (isUsed) {
    throw fault('Refused', {
      message: `The region ${id} has endpoints or other regions in it; delete those first.`,
    })
  }
  return done(bookOf(call).deleteRegion(id))
}

// ---------------------------------------------------------------------------------------------------------- services

async function createService(call: Call): Promise<Answer> {
  const { service } = call.body as Static<typeof NewService>
  const row = await bookOf(call).createService({
    type: service.type,
    name: service.name ?? '',
    description: service.description ?? '',
    enabled: service.enabled === false ? 0 : 1,
  })
  return made(call, 'services', { ...row, enabled: row.enabled === 1 })
}

async function updateService(call: Call): Promise<Answer> {
  const id = await kept(call, 'services')
  const { service } = call.body as Static<typeof ServiceChange>
  await bookOf(call).updateService(id, {
    ...given('type', service.type),
    ...given('name', service.name),
    ...given('description', service.description === null ? '' : service.description),
    ...(service.enabled === undefined ? {} : { enabled: service.enabled ? 1 : 0 }),
  })
  return changed(call, 'services', id)
}

// --------------------------------------------------------------------------------------------------------- endpoints

/** The region of a body, under either of its names; it must be there. */
async function regionIn(
  call: Call,
  endpoint: { readonly region_id?: string | null; readonly region?: string | null },
): Promise<string | null | undefined> {
  const id = endpoint.region_id ?? endpoint.region
  if (typeof id === 'string') await find(call, 'regions', id)
  return id
}

function checkUrl(url: string): void {
  const strange = strangePlaceholders(url)
  if (strange.length > 0) throw invalid(`url must have no placeholder ${strange.join(', ')}`)
}

async function createEndpoint(call: Call): Promise<Answer> {
  const { endpoint } = call.body as Static<typeof NewEndpoint>
  checkUrl(endpoint.url)
  await find(call, 'services', endpoint.service_id)
  const row = await bookOf(call).createEndpoint({
    service_id: endpoint.service_id,
    interface: endpoint.interface,
    region_id: (await regionIn(call, endpoint)) ?? null,
    url: endpoint.url,
    enabled: endpoint.enabled === false ? 0 : 1,
  })
  return made(call, 'endpoints', { ...row, enabled: row.enabled === 1 })
}

async function updateEndpoint(call: Call): Promise<Answer> {
  const id = await kept(call, 'endpoints')
  const { endpoint } = call.body as Static<typeof EndpointChange>
  if (endpoint.url !== undefined) checkUrl(endpoint.url)
  if (endpoint.service_id !== undefined) await find(call, 'services', endpoint.service_id)
  await bookOf(call).updateEndpoint(id, {
    ...given('service_id', endpoint.service_id),
    ...given('interface', endpoint.interface),
    ...given('region_id', await regionIn(call, endpoint)),
    ...given('url', endpoint.url),
    ...(endpoint.enabled === undefined ? {} : { enabled: endpoint.enabled ? 1 : 0 }),
  })
  return changed(call, 'endpoints', id)
}

export const catalogRoutes: readonly IdentityRoute[] = [
  {
    method: 'GET',
    path: '/v3/regions',
    access: 'token',
    query: ListQuery,
    handler: (call) => list(call, 'regions', ['parent_region_id']),
  },
  {
    method: 'POST',
    path: '/v3/regions',
    access: 'admin',
    body: NewRegion,
    handler: (call) => createRegion(call),
  },
  { method: 'GET', path: '/v3/regions/:id', access: 'token', handler: (call) => show(call, 'regions') },
  {
    method: 'PUT',
    path: '/v3/regions/:id',
    access: 'admin',
    body: NewRegion,
    handler: (call) => createRegion(call, call.params.id),
  },
  {
    method: 'PATCH',
    path: '/v3/regions/:id',
    access: 'admin',
    body: RegionChange,
    handler: updateRegion,
  },
  { method: 'DELETE', path: '/v3/regions/:id', access: 'admin', handler: deleteRegion },
  {
    method: 'GET',
    path: '/v3/services',
    access: 'admin',
    query: ListQuery,
    handler: (call) => list(call, 'services', ['name', 'type']),
  },
  { method: 'POST', path: '/v3/services', access: 'admin', body: NewService, handler: createService },
  { method: 'GET', path: '/v3/services/:id', access: 'admin', handler: (call) => show(call, 'services') },
  {
    method: 'PATCH',
    path: '/v3/services/:id',
    access: 'admin',
    body: ServiceChange,
    handler: updateService,
  },
  {
    method: 'DELETE',
    path: '/v3/services/:id',
    access: 'admin',
    handler: async (call) => done(bookOf(call).deleteService(await kept(call, 'services'))),
  },
  {
    method: 'GET',
    path: '/v3/endpoints',
    access: 'admin',
    query: ListQuery,
    handler: (call) => list(call, 'endpoints', ['interface', 'service_id', 'region_id']),
  },
  { method: 'POST', path: '/v3/endpoints', access: 'admin', body: NewEndpoint, handler: createEndpoint },
  { method: 'GET', path: '/v3/endpoints/:id', access: 'admin', handler: (call) => show(call, 'endpoints') },
  {
    method: 'PATCH',
    path: '/v3/endpoints/:id',
    access: 'admin',
    body: EndpointChange,
    handler: updateEndpoint,
  },
  {
    method: 'DELETE',
    path: '/v3/endpoints/:id',
    access: 'admin',
    handler: async (call) => done(bookOf(call).deleteEndpoint(await kept(call, 'endpoints'))),
  },
]
