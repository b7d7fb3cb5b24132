/** The service catalog: three entries, made from the configured URL, the same for every project. */
import { createHash } from 'node:crypto'
import type { IdentityParts } from './route.ts'

interface CatalogService {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly url: string
}

export interface CatalogEndpoint {
  readonly id: string
  readonly interface: 'public' | 'internal' | 'admin'
  readonly region: string
  readonly region_id: string
  readonly url: string
}

export const regionOf = (parts: IdentityParts): string => parts.region ?? 'RegionOne'

/** Stable ids without a table to keep them in. */
const idOf = (...names: readonly string[]): string =>
  createHash('sha256').update(names.join('\0')).digest('hex').slice(0, 32)

export function services(base: string): readonly CatalogService[] {
  const service = (type: string, name: string, url: string): CatalogService => ({
    id: idOf('service', type),
    type,
    name,
    url,
  })
  return [
    // The official type, and the one that older clients and Horizon ask for.
    service('shared-file-system', 'manila', `${base}/v2`),
    service('sharev2', 'manilav2', `${base}/v2`),
    service('identity', 'keystone', `${base}/identity`),
  ]
}

export function endpointsOf(parts: IdentityParts, service: CatalogService): CatalogEndpoint[] {
  const region = regionOf(parts)
  return (['public', 'internal', 'admin'] as const).map((kind) => ({
    id: idOf('endpoint', service.type, kind, region),
    interface: kind,
    region,
    region_id: region,
    url: service.url,
  }))
}

export const catalog = (parts: IdentityParts, base: string): object[] =>
  services(base).map((service) => ({
    id: service.id,
    type: service.type,
    name: service.name,
    endpoints: endpointsOf(parts, service),
  }))
