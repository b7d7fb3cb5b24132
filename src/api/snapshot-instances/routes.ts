/** Snapshot instances over HTTP. */
import { find, list, locationOf, locationsOf, reset } from '../../app/snapshot-instances/find.ts'
import type { SnapshotInstanceListRow } from '../../db/store/snapshot-locations.ts'
import { isoMicros } from '../../runtime/clock.ts'
import type { JsonObject } from '../../wire/changes.ts'
import * as wire from '../../wire/snapshot-instances/schema.ts'
import { listReply, oldestFirst } from '../list-reply.ts'
import { route, type Route } from '../route.ts'
import { oneSnapshotLocation, snapshotLocationView } from '../snapshots/view.ts'

const summaryView = (row: SnapshotInstanceListRow): JsonObject => ({
  id: row.id,
  snapshot_id: row.snapshot_id,
  status: row.status,
})

const detailView = (row: SnapshotInstanceListRow): JsonObject => ({
  ...summaryView(row),
  created_at: isoMicros(row.created_at),
  updated_at: row.updated_at === null ? null : isoMicros(row.updated_at),
  share_id: row.share_id,
  share_instance_id: row.share_instance_id,
  progress: row.progress,
  provider_location: row.provider_location,
})

const newest = { key: 'snapshot_instances', page: { ...oldestFirst, descending: true } }

const wanted = (query: Readonly<Record<string, string>>): string | null => query.snapshot_id || null

export const snapshotInstanceRoutes: readonly Route[] = [
  route(wire.listSnapshotInstances, {}, async (ctx, { query }) =>
    listReply({ ...newest, read: list(ctx, wanted(query)), view: summaryView }),
  ),
  route(wire.listSnapshotInstancesDetail, {}, async (ctx, { query }) =>
    listReply({ ...newest, read: list(ctx, wanted(query)), view: detailView }),
  ),
  route(wire.showSnapshotInstance, {}, async (ctx, { params }) => ({
    snapshot_instance: detailView(await find(ctx, params.id ?? '')),
  })),
  route(wire.resetSnapshotInstanceStatus, {}, (ctx, { params, body }) =>
    reset(ctx, params.id ?? '', body.status),
  ),
  route(wire.listSnapshotInstanceExportLocations, {}, async (ctx, { params, url }) => {
    const id = params.id ?? ''
    const rows = await locationsOf(ctx, id)
    return {
      share_snapshot_export_locations: rows.map((row) => snapshotLocationView(ctx, url, row)),
    }
  }),
  route(wire.showSnapshotInstanceExportLocation, {}, async (ctx, { params, url }) => {
    const id = params.id ?? ''
    const row = await locationOf(ctx, id, params.location_id ?? '')
    return oneSnapshotLocation(ctx, url, row)
  }),
]
