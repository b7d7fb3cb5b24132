/** Share replicas over HTTP, as far as they can be asked for: there are none yet. */
import type { Ctx } from '../../app/context.ts'
import { fault } from '../../model/errors.ts'
import * as wire from '../../wire/share-replicas/schema.ts'
import { listReply } from '../list-reply.ts'
import { pageRequest } from '../lists.ts'
import { route, type Reply, type Route } from '../route.ts'

const sortKeys = Object.fromEntries(
  ['id', 'created_at', 'updated_at', 'share_id', 'status', 'replica_state'].map((key) => [key, key]),
)

const none = (ctx: Ctx, query: Readonly<Record<string, string>>): Promise<Reply> =>
  listReply({
    key: 'share_replicas',
    page: pageRequest(query, { maxLimit: ctx.settings.api.max_limit, sortKeys, zeroIsMax: true }),
    read: () => Promise.resolve([]),
    view: (row) => row,
  })

const unknown = (id = ''): Promise<never> =>
  Promise.reject(fault('ShareReplicaNotFound', { id: id.slice(0, 64) }))

export const shareReplicaRoutes: readonly Route[] = [
  route(wire.listShareReplicas, {}, (ctx, { query }) => none(ctx, query)),
  route(wire.listShareReplicasDetail, {}, (ctx, { query }) => none(ctx, query)),
  route(wire.showShareReplica, {}, (_, { params }) => unknown(params.id)),
  route(wire.listReplicaExportLocations, {}, (_, { params }) => unknown(params.id)),
  route(wire.showReplicaExportLocation, {}, (_, { params }) => unknown(params.id)),
]
