import { admin, member, reader, rules, type Rules } from './base.ts'

export const replicaRules: Rules = {
  // get_metadata needs member although the other reads need reader: so it is in the original.
  ...rules('share_replica', member, [
    'create',
    'delete',
    'promote',
    'update_metadata',
    'delete_metadata',
    'get_metadata',
  ]),
  ...rules('share_replica', reader, ['get_all', 'show']),
  ...rules('share_replica', admin, ['force_delete', 'resync', 'reset_replica_state', 'reset_status']),
  ...rules('share_replica_export_location', reader, ['index', 'show']),
}
