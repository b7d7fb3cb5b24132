import { mayBeThin, reservedGib } from '../../model/pool-capacity.ts'
import { purposeOf, thinFor } from '../request.ts'
import { bounds } from './bounds.ts'
import type { PoolView, PreparedRequest, Weigher } from '../types.ts'

/**
 * The more room, the better; with a negative multiplier the fuller, the better (stacking). A pool that can't tell its
 * room comes last either way.
 */
export const capacityWeigher: Weigher = {
  name: 'CapacityWeigher',
  basis: (request) =>
    `${purposeOf(request)}${mayBeThin(request.shareType?.extraSpecs ?? {}) ? ', thin' : ''}`,
  scores: (pools, request, multiplier) => {
    const roomIn = roomGib(request)
    const room = new Float64Array(pools.length)
    pools.forEach((pool, at) => (room[at] = roomIn(pool)))
    if (!room.includes(NaN)) return room
    const { least, most } = bounds(room)
    const unknown = least > most ? 0 : multiplier < 0 ? most + 1 : least - 1
    return room.map((size) => (Number.isNaN(size) ? unknown : size))
  },
}

/** NaN where it can't be told. */
function roomGib(request: PreparedRequest): (pool: PoolView) => number {
  const [purpose, isThinIn] = [purposeOf(request), thinFor(request)]
  return (pool) => {
    if (pool.totalGib === null || pool.freeGib === null) return NaN
    const reserved = reservedGib(pool, purpose)
    const thin = isThinIn(pool) && pool.maxOverSubscriptionRatio >= 1
    const room = thin
      ? pool.totalGib * pool.maxOverSubscriptionRatio - pool.provisionedGib - reserved
      : pool.freeGib - pool.claimedSinceMeasureGib - reserved
    return Number.isFinite(room) ? Math.floor(room) : NaN
  }
}
