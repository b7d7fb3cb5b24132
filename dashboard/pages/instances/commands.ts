/** The commands that do what the pages of share instances do. */
import { manila } from '../../ui/manila.ts'

export const instanceCommands = {
  list: () => manila('instance list', []),
  show: (id: string) => manila('instance show', [id]),
  reset: (id: string, status: string) => manila('instance set', [id], { status }),
  remove: (id: string) => manila('instance delete', [id]),
}
