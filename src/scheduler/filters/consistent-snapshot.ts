import { consistentSnapshots, valueText } from '../pool-fields.ts'
import type { Filter } from '../types.ts'

/** Groups whose type asks for consistent snapshots need a pool that makes them in exactly that way. */
export const consistentSnapshotFilter: Filter = {
  name: 'ConsistentSnapshotFilter',
  judge: (request) => {
    const wanted = request.groupSpecs['consistent_snapshot_support']
    if (wanted === undefined) return () => null
    return (pool) => {
      const has = consistentSnapshots(pool)
      if (has === wanted) return null
      return `The group type requires consistent_snapshot_support '${wanted}'; the pool has '${has === null ? 'none' : valueText(has)}'.`
    }
  },
}
