import { backendOf } from '../pool-fields.ts'
import type { Weigher } from '../types.ts'

/** The nearer to the snapshot a share is made from, the better: less to copy. */
export const hostAffinityWeigher: Weigher = {
  name: 'HostAffinityWeigher',
  basis: ({ snapshotPool, snapshotZoneId }) => `${snapshotPool ?? ''} ${snapshotZoneId ?? ''}`,
  scores: (pools, request) => {
    const source = request.snapshotPool
    if (source === null) return null
    const sourceBackend = backendOf(source)
    return pools.map((pool) => {
      if (pool.label === source) return 100
      if (pool.backendLabel === sourceBackend) return 75
      return request.snapshotZoneId !== null && pool.zone.id === request.snapshotZoneId ? 50 : 25
    })
  },
}
