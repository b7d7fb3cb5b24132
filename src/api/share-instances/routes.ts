/** Share instances over HTTP. */
import type { Ctx } from '../../app/context.ts'
import { find, forceDelete, list, listOfShare, reset } from '../../app/share-instances/verbs.ts'
import type { InstanceListRow } from '../../db/store/share-instance-list.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { shareInstanceChanges } from '../../wire/share-instances/changes.ts'
import * as wire from '../../wire/share-instances/schema.ts'
import { listReply } from '../list-reply.ts'
import { booleanQuery, nextLink, pageRequest } from '../lists.ts'
import { route, type Input, type Route } from '../route.ts'

const options = { changes: shareInstanceChanges }

const columns = ['id', 'created_at', 'updated_at', 'host', 'status', 'share_id', 'share_type_id']
const sortKeys = Object.fromEntries(columns.map((name) => [name, name]))

export function shareInstanceView(ctx: Ctx, row: InstanceListRow): JsonObject {
  return lower(shareInstanceChanges, ctx.minor, {
    id: row.id,
    share_id: row.share_id,
    availability_zone: row.zone_name,
    created_at: isoMicros(row.created_at),
    host: row.host,
    status: row.status,
    share_network_id: row.share_network_id,
    share_server_id: row.share_server_id,
    access_rules_status: row.access_rules_status,
    replica_state: row.replica_state,
    share_type_id: row.share_type_id,
    cast_rules_to_readonly: row.cast_rules_to_readonly === 1,
    progress: row.progress,
    updated_at: row.updated_at === null ? null : isoMicros(row.updated_at),
    ...(ctx.minor < 9 ? { __paths: row.paths } : {}),
  })
}

const doReset = (ctx: Ctx, { params, body }: Input<typeof wire.resetShareInstanceStatus>) =>
  reset(ctx, params.id ?? '', body.status)

const doForceDelete = (ctx: Ctx, { params }: Pick<Input<unknown>, 'params'>) =>
  forceDelete(ctx, params.id ?? '')

export const shareInstanceRoutes: readonly Route[] = [
  route(wire.listShareInstances, options, async (ctx, { query, url }) => {
    const page = pageRequest(query, { maxLimit: ctx.settings.api.max_limit, sortKeys })
    const isSoftDeleted = booleanQuery(query, 'is_soft_deleted')
    return listReply({
      key: 'share_instances',
      page,
      read: list(ctx, { query, isSoftDeleted }),
      view: (row) => shareInstanceView(ctx, row),
      tail: (last, rows) => nextLink('share_instances_links', url, page, last, rows),
    })
  }),
  route(wire.showShareInstance, options, async (ctx, { params }) => ({
    share_instance: shareInstanceView(ctx, await find(ctx, params.id ?? '')),
  })),
  route(wire.listInstancesOfShare, options, async (ctx, { params }) => ({
    share_instances: (await listOfShare(ctx, params.id ?? '')).map((row) => shareInstanceView(ctx, row)),
  })),
  route(wire.resetShareInstanceStatus, options, doReset),
  route(wire.resetShareInstanceStatusLegacy, options, doReset),
  route(wire.forceDeleteShareInstance, options, doForceDelete),
  route(wire.forceDeleteShareInstanceLegacy, options, doForceDelete),
]
