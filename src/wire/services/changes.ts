/** History of the service on the wire, newest first. */
import { change, rule, without, type Change } from '../changes.ts'

/** Replies only: a reason that comes too early is refused, not dropped. */
export const serviceChanges: readonly Change[] = [
  rule(93, 'filterByEnsuring', 'services can be filtered by whether they ensure their shares'),
  change(86, 'shows ensuring', { lower: (view) => without(view, ['ensuring']) }),
  rule(83, 'disabledReason', 'disabling a service may have a reason, and enabling clears it'),
  change(83, 'shows disabled_reason', { lower: (view) => without(view, ['disabled_reason']) }),
]
