import type { Filter } from '../types.ts'

/** The hint `different_host`: no pool that holds an instance of any share named. An unknown share allows no pool. */
export const antiAffinityFilter: Filter = {
  name: 'AntiAffinityFilter',
  judge: (request) => {
    const unknown = request.differentHost.find((hint) => hint.pools === null)
    if (unknown !== undefined) {
      return () => `The hint different_host names share ${unknown.shareId}, which does not exist.`
    }
    const holder = new Map<string, string>()
    for (const { shareId, pools } of request.differentHost) {
      for (const label of pools ?? []) holder.set(label, shareId)
    }
    return (pool) => {
      const shareId = holder.get(pool.label)
      return shareId === undefined
        ? null
        : `Holds an instance of share ${shareId}, which the hint different_host names.`
    }
  },
}
