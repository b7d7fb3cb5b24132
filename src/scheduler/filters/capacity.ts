import { whyNoRoom } from '../../model/pool-capacity.ts'
import { purposeOf, thinFor } from '../request.ts'
import type { Filter } from '../types.ts'

/** Room for the size; all arithmetic is in {@link whyNoRoom}. */
export const capacityFilter: Filter = {
  name: 'CapacityFilter',
  judge: (request) => {
    const purpose = purposeOf(request)
    const isThinIn = thinFor(request)
    return (pool) => whyNoRoom(pool, request.sizeGib, purpose, isThinIn(pool))
  },
}
