/** Attacks on the API, a file each. A new one needs its line here and nothing else. */
import type { Attack } from '../attack.ts'
import { bisection } from './bisection.ts'
import { filterFlood, widestFilter } from './filters.ts'
import { filtersOfOthers, idempotencyKeys } from './keys.ts'
import { foreignIds } from './foreign-ids.ts'
import type { ApiWorld } from './world.ts'

export const apiAttacks: readonly Attack<ApiWorld>[] = [
  foreignIds,
  filtersOfOthers,
  idempotencyKeys,
  filterFlood,
  widestFilter,
]

/** Through until their mends are there: then they belong to the list above. */
export const pendingApiAttacks: readonly Attack<ApiWorld>[] = [bisection]
