/** History of the share group type on the wire, newest first. */
import { rule, shown, type Change } from '../changes.ts'

export const groupTypeChanges: readonly Change[] = [
  rule(66, 'filterByGroupSpecs', 'lists can be filtered by group specs'),
  shown(46, 'is_default'),
]
