/** History of the pools' lists. */
import { rule, type Change } from '../changes.ts'

export const poolChanges: readonly Change[] = [
  rule(23, 'filterByShareType', 'pools can be filtered by the share type they satisfy'),
]
