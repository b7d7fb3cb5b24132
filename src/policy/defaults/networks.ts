import { admin, member, reader, rules, type Rules } from './base.ts'

/** Share networks, subnets, security services and share servers. */
export const networkRules: Rules = {
  ...rules('share_network', member, [
    'create',
    'update',
    'delete',
    'add_security_service',
    'add_security_service_check',
    'remove_security_service',
    'update_security_service',
    'update_security_service_check',
    'subnet_create_check',
  ]),
  ...rules('share_network', reader, ['show', 'index', 'detail']),
  ...rules('share_network', admin, ['reset_status', 'get_all_share_networks', 'show_network_details']),
  ...rules('share_network_subnet', member, ['create', 'delete', 'update_metadata', 'delete_metadata']),
  ...rules('share_network_subnet', reader, ['show', 'index', 'get_metadata']),
  ...rules('security_service', member, ['create', 'update', 'delete']),
  ...rules('security_service', reader, ['show', 'index', 'detail']),
  ...rules('security_service', admin, ['get_all_security_services']),
  ...rules('share_server', admin, [
    'index',
    'show',
    'details',
    'delete',
    'manage_share_server',
    'unmanage_share_server',
    'reset_status',
    'share_server_migration_start',
    'share_server_migration_check',
    'share_server_migration_complete',
    'share_server_migration_cancel',
    'share_server_migration_get_progress',
    'share_server_reset_task_state',
  ]),
}
