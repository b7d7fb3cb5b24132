import { admin, member, metadataRoutes, notYet, reader, rules, type Rules } from './base.ts'

const act = (name: string): string => `POST /share-replicas/{id}/action ${name}`
const ofReplica = metadataRoutes('/share-replicas/{id}')

const changing: Rules = {
  ...rules('share_replica', member, {
    create: ['Create a replica of a share.', 'POST /share-replicas'],
    delete: ['Delete a replica.', 'DELETE /share-replicas/{id}'],
    promote: ['Make a replica the active one.', act('promote')],
    update_metadata: ['Set metadata of a replica.', ...ofReplica.update],
    delete_metadata: ['Remove metadata of a replica.', ...ofReplica.delete],
    // It needs member although the other reads need reader: so it is in the original.
    get_metadata: ['Read the metadata of a replica.', ...ofReplica.get],
  }),
  ...rules('share_replica', admin, {
    force_delete: ['Delete a replica whatever its state.', act('force_delete')],
    resync: ['Ask that a replica be brought up to date now.', act('resync')],
    reset_replica_state: ['Write the replica state by hand.', act('reset_replica_state')],
    reset_status: ['Write the status of a replica by hand.', act('reset_status')],
  }),
}

/** Replicas can only be looked for yet. */
export const replicaRules: Rules = {
  ...notYet(changing),
  ...rules('share_replica', reader, {
    get_all: ['List replicas.', 'GET /share-replicas', 'GET /share-replicas/detail'],
    show: ['Show a replica.', 'GET /share-replicas/{id}'],
  }),
  ...rules('share_replica_export_location', reader, {
    index: ['List the export locations of a replica.', 'GET /share-replicas/{id}/export-locations'],
    show: [
      'Show an export location of a replica.',
      'GET /share-replicas/{id}/export-locations/{location_id}',
    ],
  }),
}
