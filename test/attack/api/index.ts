/** Attacks on the API, a file each or a few of a kind. A new one needs its line here and nothing else. */
import type { Attack } from '../attack.ts'
import { backendWords } from './backend-words.ts'
import { deepBodies, hugeBodies } from './bodies.ts'
import { cancelling } from './cancelling.ts'
import {
  drippingBodies,
  drippingHeads,
  manyConnections,
  sentAhead,
  slowReaders,
  unreadLists,
} from './connections.ts'
import { counters } from './counters.ts'
import { beyondTheRules, claimedIdentity, credentialsOfCredentials, otherScopes } from './escalation.ts'
import { longStatements, manyPairs, patterns, wideTogether } from './filters.ts'
import { filtersOfOthers } from './foreign-filters.ts'
import { foreignIds } from './foreign-ids.ts'
import { confusedAlgorithms, endedTokens, forgedTokens } from './forged-tokens.ts'
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
import { hiddenFields } from './hidden-fields.ts'
import { hiddenRules } from './hidden-rules.ts'
import { idempotencyKeys } from './idempotency.ts'
import { markers } from './markers.ts'
import {
  changesWithoutEnd,
  locksOfOne,
  locksOnOne,
  metadataOfOne,
  metadataOnOne,
  rulesWithoutEnd,
  workWithoutEnd,
} from './piles.ts'
import { headersTwice, smuggling } from './smuggling.ts'
import type { ApiWorld } from './world.ts'

export const apiAttacks: readonly Attack<ApiWorld>[] = [
  foreignIds,
  filtersOfOthers,
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
  forgedTokens,
  confusedAlgorithms,
  endedTokens,
  otherScopes,
  claimedIdentity,
  credentialsOfCredentials,
  beyondTheRules,
  smuggling,
  headersTwice,
  markers,
  hiddenFields,
  hiddenRules,
  backendWords,
  cancelling,
  idempotencyKeys,
  counters,
  rulesWithoutEnd,
  locksOnOne,
  locksOfOne,
  metadataOnOne,
  metadataOfOne,
  workWithoutEnd,
  manyPairs,
  wideTogether,
  longStatements,
  patterns,
  unreadLists,
  slowReaders,
  manyConnections,
  sentAhead,
  drippingHeads,
  drippingBodies,
  hugeBodies,
  deepBodies,
  changesWithoutEnd,
]

/** Through until their mends are there: then they belong to the list above. */
export const pendingApiAttacks: readonly Attack<ApiWorld>[] = []
