import { admin, member, reader, rules, type Rules } from './base.ts'

export const snapshotRules: Rules = {
  ...rules('share_snapshot', reader, ['get_snapshot', 'get_all_snapshots', 'access_list', 'get_metadata']),
  ...rules('share_snapshot', member, ['allow_access', 'deny_access', 'update_metadata', 'delete_metadata']),
  ...rules('share_snapshot', admin, [
    'list_all_projects',
    'force_delete',
    'manage_snapshot',
    'unmanage_snapshot',
    'reset_status',
    'list_snapshots_in_deferred_deletion_states',
  ]),
  ...rules('share_snapshot_export_location', reader, ['index', 'show']),
  ...rules('share_snapshot_instance', admin, ['show', 'index', 'detail', 'reset_status']),
  ...rules('share_snapshot_instance_export_location', admin, ['index', 'show']),
}
