/** Attacks on the API, a file each. A new one needs its line here and nothing else. */
import type { Attack } from '../attack.ts'
import { backendWords } from './backend-words.ts'
import { cancelling } from './cancelling.ts'
import { foreignIds } from './foreign-ids.ts'
import { hiddenFields } from './hidden-fields.ts'
import { hiddenRules } from './hidden-rules.ts'
import { idempotencyKeys } from './idempotency.ts'
import { markers } from './markers.ts'
import type { ApiWorld } from './world.ts'

export const apiAttacks: readonly Attack<ApiWorld>[] = [
  foreignIds,
  markers,
  hiddenFields,
  hiddenRules,
  backendWords,
  cancelling,
  idempotencyKeys,
]
