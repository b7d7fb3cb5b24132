/** Share groups over HTTP. */
import type { Ctx } from '../../app/context.ts'
import { create } from '../../app/share-groups/create.ts'
import { remove } from '../../app/share-groups/delete.ts'
import { findGroupForView } from '../../app/share-groups/find.ts'
import { forceDelete } from '../../app/share-groups/force-delete.ts'
import { list } from '../../app/share-groups/list.ts'
import { resetStatus } from '../../app/share-groups/reset.ts'
import { update } from '../../app/share-groups/update.ts'
import type { ShareGroupListRow } from '../../db/store/share-groups.ts'
import { shareGroupChanges } from '../../wire/share-groups/changes.ts'
import * as wire from '../../wire/share-groups/schema.ts'
import { listReply } from '../list-reply.ts'
import { nextLink } from '../lists.ts'
import { actionRoutes, route, type Reply, type Route, type UrlParts } from '../route.ts'
import { emptyIsNull } from '../shares/input.ts'
import { commonSortKeys, groupListInput } from './lists.ts'
import { shareGroupSummary, shareGroupView } from './view.ts'

const options = { changes: shareGroupChanges, wrapper: 'share_group' }

const sortKeys: Readonly<Record<string, string>> = {
  ...commonSortKeys,
  host: 'host',
  share_group_type_id: 'share_group_type_id',
  source_share_group_snapshot_id: 'source_share_group_snapshot_id',
  share_network_id: 'share_network_id',
  availability_zone_id: 'availability_zone_id',
}

function listed(
  ctx: Ctx,
  url: UrlParts,
  query: Readonly<Record<string, string>>,
  view: (row: ShareGroupListRow) => object,
): Promise<Reply> {
  const input = groupListInput(ctx, query, sortKeys)
  return listReply({
    key: 'share_groups',
    page: input.page,
    read: list(ctx, input),
    view,
    tail: (last, rows) => nextLink('share_groups_links', url, input.page, last, rows),
  })
}

const show = async (ctx: Ctx, url: UrlParts, id: string): Promise<object> => ({
  share_group: shareGroupView(ctx, url, await findGroupForView(ctx, id)),
})

export const shareGroupRoutes: readonly Route[] = [
  route(wire.listShareGroups, options, (ctx, { query, url }) =>
    listed(ctx, url, query, (row) => shareGroupSummary(url, row)),
  ),
  route(wire.listShareGroupsDetail, options, (ctx, { query, url }) =>
    listed(ctx, url, query, (row) => shareGroupView(ctx, url, row)),
  ),
  route(wire.showShareGroup, options, (ctx, { params, url }) => show(ctx, url, params.id ?? '')),
  route(wire.createShareGroup, options, async (ctx, { body: { share_group: group }, url }) => {
    const id = await create(ctx, {
      name: group.name ?? null,
      description: group.description ?? null,
      shareTypes: group.share_types ?? null,
      groupTypeId: group.share_group_type_id ?? null,
      sourceSnapshotId: group.source_share_group_snapshot_id ?? null,
      shareNetworkId: group.share_network_id ?? null,
      availabilityZone: emptyIsNull(group.availability_zone),
    })
    return show(ctx, url, id)
  }),
  route(wire.updateShareGroup, options, async (ctx, { params, body, url }) => {
    await update(ctx, params.id ?? '', body.share_group)
    return show(ctx, url, params.id ?? '')
  }),
  route(wire.deleteShareGroup, options, (ctx, { params }) => remove(ctx, params.id ?? '')),
  ...actionRoutes(wire.resetShareGroupStatus, shareGroupChanges, (ctx, { params, body }) =>
    resetStatus(ctx, params.id ?? '', body.status),
  ),
  ...actionRoutes(wire.forceDeleteShareGroup, shareGroupChanges, (ctx, { params }) =>
    forceDelete(ctx, params.id ?? ''),
  ),
]
