import type { Filter } from '../types.ts'

/** The hint `same_host`: only pools that hold an instance of every share named. An unknown share allows no pool. */
export const affinityFilter: Filter = {
  name: 'AffinityFilter',
  judge: (request) => {
    const hints = request.sameHost.map(({ shareId, pools }) => ({
      shareId,
      pools: new Set(pools),
      known: pools !== null,
    }))
    return (pool) => {
      const missing = hints.find((hint) => !hint.pools.has(pool.label))
      if (missing === undefined) return null
      return missing.known
        ? `Holds no instance of share ${missing.shareId}, which the hint same_host names.`
        : `The hint same_host names share ${missing.shareId}, which does not exist.`
    }
  },
}
