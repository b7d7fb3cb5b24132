/** The commands that do what the page of messages does. */
import { manila } from '../../ui/manila.ts'

export const messageCommands = { remove: (ids: readonly string[]) => manila('message delete', ids) }
