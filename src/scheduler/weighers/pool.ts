import { lookUp } from '../../model/extra-spec-match.ts'
import type { PoolView, Weigher } from '../types.ts'

/**
 * Pools in which a share server already lives come first: no new server has to be made. Capability
 * `server_pools_mapping`: share server id → list of `{ pool_name }`.
 */
export const poolWeigher: Weigher = {
  name: 'PoolWeigher',
  basis: () => '',
  scores: (pools) => pools.map((pool) => (hasServer(pool) ? 1 : 0)),
}

function hasServer(pool: PoolView): boolean {
  const mapping = lookUp(pool.capabilities, ['server_pools_mapping'])
  if (typeof mapping !== 'object' || mapping === null) return false
  return Object.values(mapping).some(
    (homes: unknown) =>
      Array.isArray(homes) && homes.some((home) => lookUp(home, ['pool_name']) === pool.poolName),
  )
}
