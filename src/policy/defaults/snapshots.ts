import { admin, member, metadataRoutes, reader, rules, type Rules } from './base.ts'

const act = (name: string): string => `POST /snapshots/{id}/action ${name}`
const ofSnapshot = metadataRoutes('/snapshots/{id}')

export const snapshotRules: Rules = {
  ...rules('share_snapshot', reader, {
    get_snapshot: ['Show a snapshot.', 'GET /snapshots/{id}'],
    get_all_snapshots: ['List snapshots.', 'GET /snapshots', 'GET /snapshots/detail'],
    access_list: ['List the access rules of a snapshot.', 'GET /snapshots/{id}/access-list'],
    get_metadata: ['Read the metadata of a snapshot.', ...ofSnapshot.get],
  }),
  ...rules('share_snapshot', member, {
    allow_access: ['Add an access rule to a snapshot.', act('allow_access')],
    deny_access: ['Remove an access rule of a snapshot.', act('deny_access')],
    update_metadata: ['Set metadata of a snapshot.', ...ofSnapshot.update],
    delete_metadata: ['Remove metadata of a snapshot.', ...ofSnapshot.delete],
  }),
  ...rules('share_snapshot', admin, {
    list_all_projects: ['List the snapshots of all projects.', 'GET /snapshots', 'GET /snapshots/detail'],
    force_delete: ['Delete a snapshot whatever its state.', act('force_delete')],
    manage_snapshot: ['Bring a snapshot on a backend under management.', 'POST /snapshots/manage'],
    unmanage_snapshot: ['Forget a snapshot and leave it on the backend.', act('unmanage')],
    reset_status: ['Write the status of a snapshot by hand.', act('reset_status')],
    list_snapshots_in_deferred_deletion_states: [
      'See snapshots whose deletion is deferred.',
      'GET /snapshots',
      'GET /snapshots/detail',
    ],
  }),
  ...rules('share_snapshot_export_location', reader, {
    index: ['List the export locations of a snapshot.', 'GET /snapshots/{id}/export-locations'],
    show: ['Show an export location of a snapshot.', 'GET /snapshots/{id}/export-locations/{location_id}'],
  }),
  ...rules('share_snapshot_instance', admin, {
    show: ['Show a snapshot instance.', 'GET /snapshot-instances/{id}'],
    index: ['List snapshot instances.', 'GET /snapshot-instances'],
    detail: ['List snapshot instances with their details.', 'GET /snapshot-instances/detail'],
    reset_status: [
      'Write the status of a snapshot instance by hand.',
      'POST /snapshot-instances/{id}/action reset_status',
    ],
  }),
  ...rules('share_snapshot_instance_export_location', admin, {
    index: [
      'List the export locations of a snapshot instance.',
      'GET /snapshot-instances/{id}/export-locations',
    ],
    show: [
      'Show an export location of a snapshot instance.',
      'GET /snapshot-instances/{id}/export-locations/{location_id}',
    ],
  }),
}
