/** The command that shows what the page of the audit shows. */
import { manila } from '../../ui/manila.ts'

export const auditCommands = { list: () => manila('audit list', []) }
