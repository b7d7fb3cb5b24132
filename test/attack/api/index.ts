/** Attacks on the API, a file each or a few of a kind. A new one needs its line here and nothing else. */
import type { Attack } from '../attack.ts'
import { bisection } from './bisection.ts'
import { filterFlood, widestFilter } from './filters.ts'
import { filtersOfOthers, idempotencyKeys } from './keys.ts'
import { foreignIds } from './foreign-ids.ts'
import {
  everybodyElse,
  forgedAddress,
  guessesByTheSideDoor,
  guessesTogether,
  lockOut,
  pilingUp,
  whoExists,
} from './guesses.ts'
import {
  forgedHost,
  passwordRace,
  ruleSpelledOtherwise,
  serviceRevokes,
  tokensWithoutEnd,
} from './side-doors.ts'
import type { ApiWorld } from './world.ts'

export const apiAttacks: readonly Attack<ApiWorld>[] = [
  foreignIds,
  filtersOfOthers,
  idempotencyKeys,
  filterFlood,
  widestFilter,
  guessesTogether,
  guessesByTheSideDoor,
  forgedAddress,
  lockOut,
  whoExists,
  pilingUp,
  everybodyElse,
  forgedHost,
  ruleSpelledOtherwise,
  serviceRevokes,
  passwordRace,
  tokensWithoutEnd,
]

/** Through until their mends are there: then they belong to the list above. */
export const pendingApiAttacks: readonly Attack<ApiWorld>[] = [bisection]
