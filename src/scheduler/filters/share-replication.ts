import { replicationDomain } from '../pool-fields.ts'
import type { Filter } from '../types.ts'

/** Types that replicate need a pool in a replication domain, and further replicas the active one's domain. */
export const shareReplicationFilter: Filter = {
  name: 'ShareReplicationFilter',
  judge: (request) => {
    const type = request.shareType?.extraSpecs['replication_type']
    if (type === undefined || type === '') return () => null
    const taken = new Set(request.allReplicaHosts)
    return (pool) => {
      const domain = replicationDomain(pool)
      if (domain === null) return `The share type replicates (${type}); the pool is in no replication domain.`
      if (request.activeReplicaHost === null) return null
      if (request.activeReplicaDomain === null) {
        return `The active replica's pool ${request.activeReplicaHost} is in no known replication domain.`
      }
      if (domain !== request.activeReplicaDomain) {
        return `Is in replication domain ${domain}; the active replica is in ${request.activeReplicaDomain}.`
      }
      return taken.has(pool.label) ? 'Holds a replica of this share already.' : null
    }
  },
}
