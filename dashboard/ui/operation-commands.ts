/** The commands that do what is done with operations. */
import { manila } from './manila.ts'

export const operationCommands = {
  list: () => manila('operation list', []),
  cancel: (id: string) => manila('operation cancel', [id]),
  retry: (id: string) => manila('operation retry', [id]),
}
