/** Finds the service in a catalog. */
import { localError } from './api-error.ts'
import type { CatalogEntry } from './keystone.ts'

/** The official type first; the other is what older deployments have. */
export const serviceTypes = ['shared-file-system', 'sharev2'] as const

/** The endpoint's URL. Throws `badSettings` with what the catalog has instead. */
export function findEndpoint(
  catalog: readonly CatalogEntry[],
  wanted: { readonly region?: string; readonly interface?: string },
): string {
  // `publicURL` is how configurations from Keystone v2's time say it.
  const face = (wanted.interface ?? 'public').replace(/URL$/, '')
  const candidates = serviceTypes.flatMap((type) =>
    catalog.filter((entry) => entry.type === type).flatMap(({ endpoints }) => endpoints),
  )
  const found = candidates.find(
    (one) =>
      one.interface === face &&
      (wanted.region === undefined || one.region_id === wanted.region || one.region === wanted.region),
  )
  if (found !== undefined) return found.url
  const region = wanted.region === undefined ? '' : ` in region ${wanted.region}`
  const has =
    candidates.length === 0
      ? `no ${serviceTypes.join(' or ')} service at all`
      : candidates
          .map((one) => `${one.interface} in ${one.region_id ?? one.region ?? 'no region'}`)
          .join(', ')
  throw localError(
    'badSettings',
    'catalog',
    `The catalog has no ${face} endpoint of the Shared File Systems service${region}; it has ${has}.`,
  )
}
