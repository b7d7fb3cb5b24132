/** History of user messages. */
import { rule, type Change } from '../changes.ts'

export const messageChanges: readonly Change[] = [
  rule(52, 'filterMessagesByTime', 'messages can be filtered by when they were made'),
]
