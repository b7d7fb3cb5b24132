import { admin, member, metadataRoutes, notYet, reader, rules, type Rules } from './base.ts'

const act = (name: string): string => `POST /shares/{id}/action ${name}`
const ofShare = metadataRoutes('/shares/{id}')
const ofLocation = metadataRoutes('/shares/{id}/export_locations/{location_id}')

/** Shares, their instances, export locations and access rules. Snapshot create and delete are rules of the share. */
export const shareRules: Rules = {
  ...rules('share', member, {
    create: ['Create a share.', 'POST /shares'],
    update: ['Change the name, description or visibility of a share.', 'PUT /shares/{id}'],
    delete: ['Delete a share.', 'DELETE /shares/{id}'],
    soft_delete: ['Put a share into the recycle bin.', act('soft_delete')],
    restore: ['Take a share out of the recycle bin.', act('restore')],
    extend: ['Make a share larger.', act('extend')],
    shrink: ['Make a share smaller.', act('shrink')],
    revert_to_snapshot: ['Set a share back to its newest snapshot.', act('revert')],
    allow_access: ['Add an access rule to a share.', act('allow_access')],
    deny_access: ['Remove an access rule of a share.', act('deny_access')],
    update_share_metadata: ['Set metadata of a share.', ...ofShare.update],
    delete_share_metadata: ['Remove metadata of a share.', ...ofShare.delete],
    create_snapshot: ['Take a snapshot of a share.', 'POST /snapshots'],
    delete_snapshot: ['Delete a snapshot.', 'DELETE /snapshots/{id}'],
    snapshot_update: ['Change the name or description of a snapshot.', 'PUT /snapshots/{id}'],
  }),
  ...rules('share', reader, {
    get: ['Show a share.', 'GET /shares/{id}'],
    get_all: ['List shares.', 'GET /shares', 'GET /shares/detail'],
    access_get: [
      'See whom the access rules of a share let in, and their keys.',
      'GET /share-access-rules',
      'GET /share-access-rules/{id}',
    ],
    access_get_all: ['List the access rules of a share, as clients before 2.45 do.', act('access_list')],
    get_share_metadata: ['Read the metadata of a share.', ...ofShare.get],
  }),
  ...rules('share', admin, {
    create_public_share: [
      'Create or manage a share that every project sees.',
      'POST /shares',
      'POST /shares/manage',
    ],
    set_public_share: ['Let every project see a share.', 'PUT /shares/{id}'],
    force_delete: ['Delete a share whatever its state.', act('force_delete')],
    manage: ['Bring what exists on a backend under management as a share.', 'POST /shares/manage'],
    unmanage: ['Forget a share and leave its data on the backend.', act('unmanage')],
    list_by_host: ['Filter shares by host.', 'GET /shares', 'GET /shares/detail'],
    list_by_share_server_id: ['Filter shares by share server.', 'GET /shares', 'GET /shares/detail'],
    force_extend: ['Extend a share past the scheduler (`force`).', act('extend')],
    extend_beyond_max_share_size_spec: [
      "Extend a share beyond its type's largest size.",
      act('extend'),
      act('revert'),
    ],
    reset_task_state: ['Write the task state of a share by hand.', act('reset_task_state')],
    reset_status: ['Write the status of a share by hand.', act('reset_status')],
    list_shares_in_deferred_deletion_states: [
      'See shares whose deletion is deferred.',
      'GET /shares',
      'GET /shares/detail',
    ],
    list_all_projects: ['List the shares of all projects.', 'GET /shares', 'GET /shares/detail'],
    update_admin_only_metadata: [
      'Write the metadata keys of shares that are kept for administrators.',
      ...ofShare.update,
      ...ofShare.delete,
      'POST /shares',
    ],
  }),
  ...notYet(
    rules('share', admin, {
      migration_start: ['Move a share to another pool.', act('migration_start')],
      migration_complete: ['End the second phase of a migration.', act('migration_complete')],
      migration_cancel: ['Cancel a migration.', act('migration_cancel')],
      migration_get_progress: [
        'See how far a migration is.',
        act('migration_get_progress'),
        'GET /shares/{id}/migration-progress',
      ],
    }),
  ),
  ...rules('share_instance', admin, {
    index: ['List share instances.', 'GET /share_instances', 'GET /shares/{id}/instances'],
    show: ['Show a share instance.', 'GET /share_instances/{id}'],
    force_delete: [
      'Delete a share instance whatever its state.',
      'POST /share_instances/{id}/action force_delete',
    ],
    reset_status: [
      'Write the status of a share instance by hand.',
      'POST /share_instances/{id}/action reset_status',
    ],
  }),
  ...rules('share_instance_export_location', admin, {
    index: ['List the export locations of a share instance.', 'GET /share_instances/{id}/export_locations'],
    show: [
      'Show an export location of a share instance.',
      'GET /share_instances/{id}/export_locations/{location_id}',
    ],
  }),
  ...rules('share_export_location', reader, {
    index: ['List the export locations of a share.', 'GET /shares/{id}/export_locations'],
    show: ['Show an export location of a share.', 'GET /shares/{id}/export_locations/{location_id}'],
    get_metadata: ['Read the metadata of an export location.', ...ofLocation.get],
  }),
  ...rules('share_export_location', member, {
    update_metadata: ['Set metadata of an export location.', ...ofLocation.update],
    delete_metadata: ['Remove metadata of an export location.', ...ofLocation.delete],
  }),
  ...rules('share_export_location', admin, {
    update_admin_only_metadata: [
      'Write the metadata keys of export locations that are kept for administrators.',
      ...ofLocation.update,
      ...ofLocation.delete,
    ],
  }),
  ...rules('share_access_rule', reader, {
    get: ['Show an access rule.', 'GET /share-access-rules/{id}'],
    index: ['List the access rules of a share.', 'GET /share-access-rules'],
  }),
  ...rules('share_access_rule', member, {
    update: ['Change the level of an access rule.', 'PUT /share-access-rules/{id}'],
  }),
  ...rules('share_access_metadata', member, {
    update: ['Set metadata of an access rule.', 'PUT /share-access-rules/{id}/metadata'],
    delete: ['Remove metadata of an access rule.', 'DELETE /share-access-rules/{id}/metadata/{key}'],
  }),
}
