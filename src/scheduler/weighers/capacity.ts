import { reservedGib } from '../../model/pool-capacity.ts'
import { purposeOf, thinFor } from '../request.ts'
import { bounds } from './bounds.ts'
import type { PoolView, PreparedRequest, Weigher } from '../types.ts'

/**
 * The more room, the better; with a negative multiplier the fuller, the better (stacking). A pool that can't tell its
 * room comes last either way.
 */
export const capacityWeigher: Weigher = {
  name: 'CapacityWeigher',
  scores: (pools, request, multiplier) => {
    const room = pools.map(roomGib(request))
    if (!room.includes(null)) return room as number[]
    const { least, most } = bounds(room.filter((size) => size !== null))
    const unknown = least > most ? 0 : multiplier < 0 ? most + 1 : least - 1
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
