/** History of the service on the wire, newest first. */
import { rule, shown, type Change } from '../changes.ts'

/** Replies only: a reason that comes too early is refused, not dropped. */
export const serviceChanges: readonly Change[] = [
  rule(93, 'filterByEnsuring', 'services can be filtered by whether they ensure their shares'),
  shown(86, 'ensuring'),
  rule(83, 'disabledReason', 'disabling a service may have a reason, and enabling clears it'),
  shown(83, 'disabled_reason'),
]
