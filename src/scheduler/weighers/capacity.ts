import { reservedGib } from '../../model/pool-capacity.ts'
import { purposeOf, thinFor } from '../request.ts'
import type { PoolView, PreparedRequest, Weigher } from '../types.ts'

/**
 * The more room, the better; with a negative multiplier the fuller, the better (stacking). A pool that can't tell its
 * room comes last either way.
 */
export const capacityWeigher: Weigher = {
  name: 'CapacityWeigher',
  scores: (pools, request, multiplier) => {
    const room = pools.map(roomGib(request))
    const known = room.filter((size) => size !== null)
    // No spread arguments: a fleet has more pools than a call has room for.
    const least = known.reduce((a, b) => Math.min(a, b), Infinity)
    const most = known.reduce((a, b) => Math.max(a, b), -Infinity)
    const unknown = known.length === 0 ? 0 : multiplier < 0 ? most + 1 : least - 1
    return room.map((size) => size ?? unknown)
  },
}

function roomGib(request: PreparedRequest): (pool: PoolView) => number | null {
  const [purpose, isThinIn] = [purposeOf(request), thinFor(request)]
  return (pool) => {
    if (pool.totalGib === null || pool.freeGib === null) return null
    const reserved = reservedGib(pool, purpose)
    const thin = isThinIn(pool) && pool.maxOverSubscriptionRatio >= 1
    const room = thin
      ? pool.totalGib * pool.maxOverSubscriptionRatio - pool.provisionedGib - reserved
      : pool.freeGib - pool.claimedSinceMeasureGib - reserved
    return Number.isFinite(room) ? Math.floor(room) : null
  }
}
