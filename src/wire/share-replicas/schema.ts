/**
 * Share replicas, as far as they can be asked for: clients look for them before they delete a share. No backend makes any yet, so
 * the lists are empty and no id is one's.
 */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Links, Nullable, Optional, pageQuery, Time } from '../types.ts'

const sinceReplicas = { since: 11, experimental: [[11, 55]] } as const

export const ShareReplicaSummary = Type.Object({
  id: Type.String(),
  share_id: Type.String(),
  status: Type.String(),
  replica_state: Nullable(Type.String()),
})
export const ShareReplica = Type.Object({
  ...ShareReplicaSummary.properties,
  availability_zone: Nullable(Type.String()),
  created_at: Time,
  share_network_id: Nullable(Type.String()),
  updated_at: Nullable(Time),
})

const listQuery = Type.Object({ ...pageQuery, share_id: Optional(Type.String()) })
const location = Type.Object({ id: Type.String(), path: Type.String() })

export const listShareReplicas = endpoint({
  ...sinceReplicas,
  id: 'listShareReplicas',
  method: 'GET',
  path: '/share-replicas',
  policy: 'share_replica:get_all',
  status: 200,
  query: listQuery,
  reply: Type.Object({
    share_replicas: Type.Array(ShareReplicaSummary),
    share_replica_links: Optional(Links),
  }),
  summary: 'Lists the replicas of shares.',
})
export const listShareReplicasDetail = endpoint({
  ...sinceReplicas,
  id: 'listShareReplicasDetail',
  method: 'GET',
  path: '/share-replicas/detail',
  policy: 'share_replica:get_all',
  status: 200,
  query: listQuery,
  reply: Type.Object({ share_replicas: Type.Array(ShareReplica), share_replica_links: Optional(Links) }),
  summary: 'Lists the replicas of shares with everything about each.',
})
export const showShareReplica = endpoint({
  ...sinceReplicas,
  id: 'showShareReplica',
  method: 'GET',
  path: '/share-replicas/:id',
  policy: 'share_replica:show',
  status: 200,
  reply: Type.Object({ share_replica: ShareReplica }),
  summary: 'Shows one replica of a share.',
})
export const listReplicaExportLocations = endpoint({
  since: 47,
  experimental: [[47, 55]],
  id: 'listReplicaExportLocations',
  method: 'GET',
  path: '/share-replicas/:id/export-locations',
  policy: 'share_replica_export_location:index',
  status: 200,
  reply: Type.Object({ export_locations: Type.Array(location) }),
  summary: 'Lists where a replica can be mounted from.',
})
export const showReplicaExportLocation = endpoint({
  since: 47,
  experimental: [[47, 55]],
  id: 'showReplicaExportLocation',
  method: 'GET',
  path: '/share-replicas/:id/export-locations/:location_id',
  policy: 'share_replica_export_location:show',
  status: 200,
  reply: Type.Object({ export_location: location }),
  summary: 'Shows one export location of a replica.',
})
