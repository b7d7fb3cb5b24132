import { admin, member, reader, rules, type Rules } from './base.ts'

/** Backups and transfers. */
export const backupRules: Rules = {
  ...rules('share_backup', member, ['create', 'restore', 'update', 'delete']),
  ...rules('share_backup', reader, ['get', 'get_all']),
  ...rules('share_backup', admin, ['get_all_project', 'reset_status']),
  ...rules('share_transfer', member, ['create', 'accept', 'delete']),
  ...rules('share_transfer', reader, ['get_all', 'get']),
  ...rules('share_transfer', admin, ['get_all_tenant']),
}
