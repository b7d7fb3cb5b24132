/**
 * The service catalog. Of this service it has three entries, made from the configured URL, which nobody has to keep and nobody can
 * spoil; beside them stands what administrators added.
 */
import { hash } from 'node:crypto'
import type { CatalogRows } from '../../auth/catalog-book.ts'
import type { ValidToken } from '../../auth/validator.ts'
import type { Call, IdentityParts } from './route.ts'

export interface CatalogRegion {
  readonly id: string
  readonly description: string
  readonly parent_region_id: string | null
}

export interface CatalogService {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly description: string
  readonly enabled: boolean
}

export interface CatalogEndpoint {
  readonly id: string
  readonly service_id: string
  readonly interface: 'public' | 'internal' | 'admin'
  readonly region_id: string | null
  readonly url: string
  readonly enabled: boolean
}

export interface Catalog {
  readonly regions: readonly CatalogRegion[]
  readonly services: readonly CatalogService[]
  readonly endpoints: readonly CatalogEndpoint[]
}

type Place = Pick<Call, 'parts' | 'base'>

const regionOf = (parts: IdentityParts): string => parts.region ?? 'RegionOne'

/** Stable ids without a table to keep them in. */
const idOf = (...names: readonly string[]): string => hash('sha256', names.join('\0'), 'hex').slice(0, 32)

/** What the service says of itself. */
export function ownCatalog({ parts, base }: Place): Catalog {
  const region = regionOf(parts)
  const entries = [
    // The official type, and the one that older clients and Horizon ask for.
    { type: 'shared-file-system', name: 'manila', url: `${base}/v2` },
    { type: 'sharev2', name: 'manilav2', url: `${base}/v2` },
    { type: 'identity', name: 'keystone', url: `${base}/identity` },
  ]
  return {
    regions: [{ id: region, description: '', parent_region_id: null }],
    services: entries.map(({ type, name }) => ({
      id: idOf('service', type),
      type,
      name,
      description: '',
      enabled: true,
    })),
    endpoints: entries.flatMap(({ type, url }) =>
      (['public', 'internal', 'admin'] as const).map((kind) => ({
        id: idOf('endpoint', type, kind, region),
        service_id: idOf('service', type),
        interface: kind,
        region_id: region,
        url,
        enabled: true,
      })),
    ),
  }
}

/** Own entries first, then those of the book. */
export function wholeCatalog(place: Place, rows: CatalogRows): Catalog {
  const own = ownCatalog(place)
  const flagged = <T extends { readonly enabled: 0 | 1 }>(row: T) => ({ ...row, enabled: row.enabled === 1 })
  return {
    // An added one of the same name, from before the configuration had it, is the service's own now.
    regions: [...own.regions, ...rows.regions.filter(({ id }) => id !== own.regions[0]?.id)],
    services: [...own.services, ...rows.services.map(flagged)],
    endpoints: [...own.endpoints, ...rows.endpoints.map(flagged)],
  }
}

/** The catalog of a token: what is enabled, with URLs made out for its project. */
export function tokenCatalog(place: Place, rows: CatalogRows, token: ValidToken): object[] {
  const { services, endpoints } = wholeCatalog(place, rows)
  return services
    .filter(({ enabled }) => enabled)
    .map(({ id, type, name }) => ({
      id,
      type,
      name,
      endpoints: endpoints.flatMap((endpoint) => {
        if (endpoint.service_id !== id || !endpoint.enabled) return []
        const url = madeOut(endpoint.url, token)
        const { id: endpointId, interface: kind, region_id: region } = endpoint
        return url === null ? [] : [{ id: endpointId, interface: kind, region, region_id: region, url }]
      }),
    }))
}

/** Keystone's placeholders; null where the token has nothing to put in. */
function madeOut(url: string, { standing: { user, project } }: ValidToken): string | null {
  const values: Readonly<Record<string, string | undefined>> = {
    project_id: project?.id,
    tenant_id: project?.id,
    user_id: user.id,
  }
  let isWhole = true
  const text = url.replaceAll(placeholder, (_all, name: string) => {
    const value = values[name]
    if (value === undefined) isWhole = false
    return value ?? ''
  })
  return isWhole ? text : null
}

const placeholder = /[$%]\((\w+)\)s/g

/** Placeholders that no token can fill, and signs of ones that are spelled wrongly. */
export function strangePlaceholders(url: string): string[] {
  const known = ['project_id', 'tenant_id', 'user_id']
  const strange = [...url.matchAll(placeholder)]
    .map(([, name]) => name ?? '')
    .filter((name) => !known.includes(name))
  const rest = url.replaceAll(placeholder, '').match(/[$%]\([^)]*\)?.?/g) ?? []
  return [...strange, ...rest]
}
