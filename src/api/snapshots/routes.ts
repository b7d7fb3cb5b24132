/** Snapshots over HTTP. */
import type { Ctx } from '../../app/context.ts'
import { allow, deny, list as listAccess } from '../../app/snapshots/access.ts'
import { create } from '../../app/snapshots/create.ts'
import { forceDelete, remove, unmanage } from '../../app/snapshots/delete.ts'
import { listLocations, showLocation } from '../../app/snapshots/export-locations.ts'
import { findSnapshotForView } from '../../app/snapshots/find.ts'
import { list, type ListSnapshots } from '../../app/snapshots/list.ts'
import { manage, type ManageSnapshotInput } from '../../app/snapshots/manage.ts'
import { snapshotMetadata } from '../../app/snapshots/metadata.ts'
import { resetStatus } from '../../app/snapshots/reset.ts'
import { update } from '../../app/snapshots/update.ts'
import type { SnapshotListRow } from '../../db/store/snapshot-list.ts'
import { fault, invalid } from '../../model/errors.ts'
import type { BodyOf } from '../../wire/endpoint.ts'
import { snapshotChanges } from '../../wire/snapshots/changes.ts'
import * as wire from '../../wire/snapshots/schema.ts'
import { optionTexts } from '../../wire/types.ts'
import { listReply, oldestFirst, type ListReply } from '../list-reply.ts'
import { booleanQuery, dictQuery, nextLink, pageRequest, type PageRequest } from '../lists.ts'
import { metadataRoutes } from '../metadata/routes.ts'
import { actionRoutes, route, type Reply, type Route, type UrlParts } from '../route.ts'
import {
  oneSnapshotLocation,
  snapshotAccessView,
  snapshotLocationView,
  snapshotNames,
  snapshotRows,
  snapshotView,
} from './view.ts'

const options = { changes: snapshotChanges, wrapper: 'snapshot' }

/** Wire name → column. */
const sortKeys: Readonly<Record<string, string>> = {
  id: 'id',
  created_at: 'created_at',
  updated_at: 'updated_at',
  name: 'name',
  display_name: 'name',
  description: 'description',
  display_description: 'description',
  status: 'status',
  size: 'size',
  share_size: 'share_size',
  share_id: 'share_id',
  share_proto: 'share_proto',
  project_id: 'project_id',
  user_id: 'user_id',
}

const neverEmpty = [
  'name',
  'name~',
  'description',
  'description~',
  'status',
  'share_id',
  'size',
  'usage',
  'metadata',
  'sort_key',
  'sort_dir',
]

function listInput(
  ctx: Ctx,
  query: Readonly<Record<string, string>>,
  countable: boolean,
): ListSnapshots & { page: PageRequest } {
  const empty = neverEmpty.find((name) => query[name] === '')
  if (empty !== undefined) throw invalid(`${empty} must not be empty`)
  return {
    query,
    page: pageRequest(query, { maxLimit: ctx.settings.api.max_limit, sortKeys }),
    withCount: countable && booleanQuery(query, 'with_count') === true,
    allTenants: booleanQuery(query, 'all_tenants', 'all_projects') === true,
    metadata: query.metadata === undefined ? null : dictQuery('metadata', query.metadata),
  }
}

const listed = (
  url: UrlParts,
  page: PageRequest,
  { read, count }: Awaited<ReturnType<typeof list>>,
  rows: Pick<ListReply<SnapshotListRow>, 'view' | 'text'>,
): Promise<Reply> =>
  listReply({
    key: 'snapshots',
    page,
    read,
    ...rows,
    tail: (last, rows) => ({
      ...(count === null ? {} : { count }),
      ...nextLink('share_snapshots_links', url, page, last, rows),
    }),
  })

async function show(ctx: Ctx, url: UrlParts, id: string): Promise<object> {
  return { snapshot: snapshotView(ctx, url, await findSnapshotForView(ctx, id)) }
}

function manageInput({ snapshot }: BodyOf<typeof wire.manageSnapshot>): ManageSnapshotInput {
  return {
    shareId: required('share_id', snapshot.share_id, 255),
    providerLocation: required('provider_location', snapshot.provider_location, 255),
    name: snapshot.name ?? snapshot.display_name ?? null,
    description: snapshot.description ?? snapshot.display_description ?? null,
    driverOptions: optionTexts(snapshot.driver_options ?? {}),
    metadata: snapshot.metadata ?? {},
  }
}

function required(name: string, value: unknown, maxLength: number): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= maxLength) return value
  throw fault('MalformedBody', {
    message: `snapshot.${name} must be a string of 1 to ${maxLength} characters`,
  })
}

export const snapshotRoutes: readonly Route[] = [
  route(wire.listSnapshots, options, async (ctx, { query, url }) => {
    const input = listInput(ctx, query, ctx.flags.has('countSnapshots'))
    return listed(url, input.page, await list(ctx, input), snapshotNames.rows(url, ctx.minor))
  }),
  route(wire.listSnapshotsDetail, options, async (ctx, { query, url }) => {
    const input = listInput(ctx, query, ctx.flags.has('countSnapshots'))
    return listed(url, input.page, await list(ctx, input), snapshotRows(ctx, url))
  }),
  route(wire.showSnapshot, options, (ctx, { params, url }) => show(ctx, url, params.id ?? '')),
  route(wire.createSnapshot, options, async (ctx, { body: { snapshot }, url }) => {
    const id = await create(ctx, {
      shareId: snapshot.share_id,
      name: snapshot.name ?? snapshot.display_name ?? null,
      description: snapshot.description ?? snapshot.display_description ?? null,
      metadata: snapshot.metadata ?? {},
    })
    return show(ctx, url, id)
  }),
  route(wire.updateSnapshot, options, async (ctx, { params, body: { snapshot }, url }) => {
    await update(ctx, params.id ?? '', {
      name: snapshot.display_name,
      description: snapshot.display_description,
    })
    return show(ctx, url, params.id ?? '')
  }),
  route(wire.deleteSnapshot, options, (ctx, { params }) => remove(ctx, params.id ?? '')),
  route(wire.manageSnapshot, options, async (ctx, { body, url }) =>
    show(ctx, url, await manage(ctx, manageInput(body))),
  ),
  ...actionRoutes(wire.resetSnapshotStatus, snapshotChanges, (ctx, { params, body }) =>
    resetStatus(ctx, params.id ?? '', body.status),
  ),
  ...actionRoutes(wire.forceDeleteSnapshot, snapshotChanges, (ctx, { params }) =>
    forceDelete(ctx, params.id ?? ''),
  ),
  ...actionRoutes(wire.unmanageSnapshot, snapshotChanges, (ctx, { params }) =>
    unmanage(ctx, params.id ?? ''),
  ),
  ...actionRoutes(wire.allowSnapshotAccess, snapshotChanges, async (ctx, { params, body }) => ({
    snapshot_access: snapshotAccessView(await allow(ctx, params.id ?? '', body.access_type, body.access_to)),
  })),
  ...actionRoutes(wire.denySnapshotAccess, snapshotChanges, (ctx, { params, body }) =>
    deny(ctx, params.id ?? '', body.access_id),
  ),
  route(wire.listSnapshotAccess, {}, async (ctx, { params }) =>
    listReply({
      key: 'snapshot_access_list',
      page: oldestFirst,
      read: await listAccess(ctx, params.id ?? ''),
      view: snapshotAccessView,
    }),
  ),
  route(wire.listSnapshotExportLocations, {}, async (ctx, { params, url }) => {
    const id = params.id ?? ''
    const rows = await listLocations(ctx, id)
    return {
      share_snapshot_export_locations: rows.map((row) => snapshotLocationView(ctx, url, row)),
    }
  }),
  route(wire.showSnapshotExportLocation, {}, async (ctx, { params, url }) => {
    const id = params.id ?? ''
    return oneSnapshotLocation(
      ctx,
      url,

      await showLocation(ctx, id, params.location_id ?? ''),
    )
  }),
  ...metadataRoutes(wire.snapshotMetadata, (ctx, params, intent) =>
    snapshotMetadata(ctx, params.id ?? '', intent),
  ),
]
