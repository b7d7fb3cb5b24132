/** Group snapshots over HTTP. */
import type { Ctx } from '../../app/context.ts'
import { resetStatus, update } from '../../app/share-group-snapshots/change.ts'
import { create } from '../../app/share-group-snapshots/create.ts'
import { forceDelete, remove } from '../../app/share-group-snapshots/delete.ts'
import { findGroupSnapshotForView } from '../../app/share-group-snapshots/find.ts'
import { list, listMembers } from '../../app/share-group-snapshots/list.ts'
import type { GroupSnapshotListRow } from '../../db/store/share-group-snapshots.ts'
import { groupSnapshotChanges } from '../../wire/share-groups/changes.ts'
import * as wire from '../../wire/share-group-snapshots/schema.ts'
import { listReply } from '../list-reply.ts'
import { nextLink, pageRequest } from '../lists.ts'
import { actionRoutes, route, type Reply, type Route, type UrlParts } from '../route.ts'
import { commonSortKeys, groupListInput } from '../share-groups/lists.ts'
import { groupSnapshotSummary, groupSnapshotView, memberView } from './view.ts'

const options = { changes: groupSnapshotChanges, wrapper: 'share_group_snapshot' }
const sortKeys = { ...commonSortKeys, share_group_id: 'share_group_id' }
const memberSortKeys = { id: 'id', created_at: 'created_at', size: 'size', share_id: 'share_id' }

function listed(
  ctx: Ctx,
  url: UrlParts,
  query: Readonly<Record<string, string>>,
  view: (row: GroupSnapshotListRow) => object,
): Promise<Reply> {
  const input = groupListInput(ctx, query, sortKeys)
  return listReply({
    key: 'share_group_snapshots',
    page: input.page,
    read: list(ctx, input),
    view,
    tail: (last, rows) => nextLink('share_group_snapshot_links', url, input.page, last, rows),
  })
}

const show = async (ctx: Ctx, url: UrlParts, id: string): Promise<object> => ({
  share_group_snapshot: groupSnapshotView(url, await findGroupSnapshotForView(ctx, id)),
})

export const shareGroupSnapshotRoutes: readonly Route[] = [
  route(wire.listShareGroupSnapshots, options, (ctx, { query, url }) =>
    listed(ctx, url, query, (row) => groupSnapshotSummary(url, row)),
  ),
  route(wire.listShareGroupSnapshotsDetail, options, (ctx, { query, url }) =>
    listed(ctx, url, query, (row) => groupSnapshotView(url, row)),
  ),
  route(wire.showShareGroupSnapshot, options, (ctx, { params, url }) => show(ctx, url, params.id ?? '')),
  route(wire.listShareGroupSnapshotMembers, {}, async (ctx, { params, query, url }) => {
    const page = pageRequest(query, {
      maxLimit: ctx.settings.api.max_limit,
      sortKeys: memberSortKeys,
      zeroIsMax: true,
    })
    return listReply({
      key: 'share_group_snapshot_members',
      page,
      read: await listMembers(ctx, params.id ?? ''),
      view: memberView,
      tail: (last, rows) => nextLink('share_group_snapshot_members_links', url, page, last, rows),
    })
  }),
  route(
    wire.createShareGroupSnapshot,
    options,
    async (ctx, { body: { share_group_snapshot: wish }, url }) => {
      const { share_group_id: groupId, name = null, description = null } = wish
      return show(ctx, url, await create(ctx, { groupId, name, description }))
    },
  ),
  route(wire.updateShareGroupSnapshot, options, async (ctx, { params, body, url }) => {
    await update(ctx, params.id ?? '', body.share_group_snapshot)
    return show(ctx, url, params.id ?? '')
  }),
  route(wire.deleteShareGroupSnapshot, options, (ctx, { params }) => remove(ctx, params.id ?? '')),
  ...actionRoutes(wire.resetShareGroupSnapshotStatus, groupSnapshotChanges, (ctx, { params, body }) =>
    resetStatus(ctx, params.id ?? '', body.status),
  ),
  ...actionRoutes(wire.forceDeleteShareGroupSnapshot, groupSnapshotChanges, (ctx, { params }) =>
    forceDelete(ctx, params.id ?? ''),
  ),
]
