import { backendOf, replicationDomain } from '../pool-fields.ts'
import type { Filter } from '../types.ts'

/**
 * A share made from a snapshot stays where the snapshot is; with `use_scheduler_creating_share_from_snapshot` it may go
 * to other pools of that backend and to backends of the same replication domain.
 */
export const createFromSnapshotFilter: Filter = {
  name: 'CreateFromSnapshotFilter',
  judge: (request) => {
    const source = request.snapshotPool
    if (source === null) return () => null
    if (!request.useSchedulerCreatingShareFromSnapshot) {
      return (pool) =>
        pool.label === source
          ? null
          : `The snapshot is in ${source}, and use_scheduler_creating_share_from_snapshot is off.`
    }
    const sourceBackend = backendOf(source)
    return (pool) => {
      if (pool.backendLabel === sourceBackend) return null
      const domain = replicationDomain(pool)
      if (domain !== null && domain === request.snapshotDomain) return null
      return `The snapshot is in ${source} (replication domain ${request.snapshotDomain ?? 'none'}); this backend's domain is ${domain ?? 'none'}.`
    }
  },
}
