/** Routes of shares: read the request, one line into `app`, then the view. */
import type { Ctx } from '../../app/context.ts'
import { create } from '../../app/shares/create.ts'
import { forceDelete, remove, unmanage } from '../../app/shares/delete.ts'
import { findShareForView } from '../../app/shares/find.ts'
import { list, listNames, type Listed, type ListShares } from '../../app/shares/list.ts'
import { manage, type ManageShareInput } from '../../app/shares/manage.ts'
import { restore, softDelete } from '../../app/shares/recycle.ts'
import { resetStatus, resetTaskState } from '../../app/shares/reset.ts'
import { extend, shrink } from '../../app/shares/resize.ts'
import { revert } from '../../app/shares/revert.ts'
import { update } from '../../app/shares/update.ts'
import type { BodyOf } from '../../wire/endpoint.ts'
import { manageChanges, shareChanges } from '../../wire/shares/changes.ts'
import * as wire from '../../wire/shares/schema.ts'
import { optionTexts, truth } from '../../wire/types.ts'
import { listReply, type ListReply } from '../list-reply.ts'
import { booleanQuery, dictQuery, nextLink, pageRequest, type PageRequest } from '../lists.ts'
import { actionRoutes, Reply, route, type Input, type Route, type UrlParts } from '../route.ts'
import { emptyIsNull, newShareInput, wholeGib } from './input.ts'
import { shareNames, shareRows, shareView } from './view.ts'

const options = { changes: shareChanges, wrapper: 'share' }
const managing = { changes: manageChanges, wrapper: 'share' }

/** Wire name → column. Those with an index are named in the guide; the others work, best effort. */
const sortKeys: Readonly<Record<string, string>> = {
  id: 'id',
  created_at: 'created_at',
  updated_at: 'updated_at',
  name: 'name',
  display_name: 'name',
  size: 'size',
  status: 'status',
  host: 'host',
  share_proto: 'share_proto',
  project_id: 'project_id',
  user_id: 'user_id',
  share_type_id: 'share_type_id',
  snapshot_id: 'snapshot_id',
  share_network_id: 'share_network_id',
  availability_zone_id: 'availability_zone_id',
  is_public: 'is_public',
  description: 'description',
  display_description: 'description',
  share_group_id: 'share_group_id',
  task_state: 'task_state',
  share_server_id: 'share_server_id',
  access_rules_status: 'access_rules_status',
  replication_type: 'replication_type',
  scheduled_to_be_deleted_at: 'scheduled_to_be_deleted_at',
  mount_point_name: 'mount_point_name',
  progress: 'progress',
}

/** What a member is not shown he can't sort by either: the order would tell it. */
const hostAdminsOnly: readonly string[] = ['host', 'share_server_id']
const tenantSortKeys = Object.fromEntries(
  Object.entries(sortKeys).filter(([name]) => !hostAdminsOnly.includes(name)),
)

function listInput(
  ctx: Ctx,
  query: Readonly<Record<string, string>>,
  countable: boolean,
): ListShares & { page: PageRequest } {
  const dict = (name: string) =>
    query[name] === undefined || query[name] === '' ? null : dictQuery(name, query[name])
  const hostAdmin = ctx.policy.check('context_is_host_admin', ctx.identity)
  return {
    query,
    page: pageRequest(query, {
      maxLimit: ctx.settings.api.max_limit,
      sortKeys: hostAdmin ? sortKeys : tenantSortKeys,
    }),
    withCount: countable && booleanQuery(query, 'with_count') === true,
    allTenants: booleanQuery(query, 'all_tenants', 'all_projects') === true,
    metadata: dict('metadata'),
    extraSpecs: dict('extra_specs'),
    isPublic: booleanQuery(query, 'is_public'),
    isSoftDeleted: booleanQuery(query, 'is_soft_deleted'),
  }
}

const listed = <Row extends { readonly id: string }>(
  url: UrlParts,
  page: PageRequest,
  { read, count }: Listed<Row>,
  rows: Pick<ListReply<Row>, 'view' | 'text'>,
): Promise<Reply> =>
  listReply({
    key: 'shares',
    page,
    read,
    ...rows,
    tail: (last, rows) => ({
      ...(count === null ? {} : { count }),
      ...nextLink('shares_links', url, page, last, rows),
    }),
  })

async function show(ctx: Ctx, url: UrlParts, id: string): Promise<object> {
  return { share: shareView(ctx, url, await findShareForView(ctx, id)) }
}

function manageInput({ share }: BodyOf<typeof wire.manageShare>): ManageShareInput {
  return {
    serviceHost: share.service_host,
    exportPath: typeof share.export_path === 'string' ? share.export_path : share.export_path.path,
    protocol: share.protocol,
    shareType: emptyIsNull(share.share_type),
    name: share.name ?? share.display_name ?? null,
    description: share.description ?? share.display_description ?? null,
    isPublic: truth(share.is_public ?? false),
    driverOptions: optionTexts(share.driver_options ?? {}),
    shareServerId: emptyIsNull(share.share_server_id),
    mountPointName: emptyIsNull(share.mount_point_name),
  }
}

const doManage = async (ctx: Ctx, { body, url }: Input<typeof wire.manageShare>) =>
  show(ctx, url, await manage(ctx, manageInput(body)))

export const shareRoutes: readonly Route[] = [
  route(wire.listShares, options, async (ctx, { query, url }) => {
    const input = listInput(ctx, query, ctx.flags.has('countShares'))
    return listed(url, input.page, await listNames(ctx, input), shareNames.rows(url, ctx.minor))
  }),
  route(wire.listSharesDetail, options, async (ctx, { query, url }) => {
    const input = listInput(ctx, query, true)
    return listed(url, input.page, await list(ctx, input), shareRows(ctx, url))
  }),
  route(wire.showShare, options, (ctx, { params, url }) => show(ctx, url, params.id ?? '')),
  route(wire.createShare, options, async (ctx, { body, url }) => ({
    share: shareView(ctx, url, await create(ctx, newShareInput(body.share))),
  })),
  route(wire.updateShare, options, async (ctx, { params, body: { share }, url }) => {
    await update(ctx, params.id ?? '', {
      name: share.display_name,
      description: share.display_description,
      isPublic: share.is_public === undefined ? undefined : truth(share.is_public),
    })
    return show(ctx, url, params.id ?? '')
  }),
  route(wire.deleteShare, options, (ctx, { params, query }) =>
    remove(ctx, params.id ?? '', query.share_group_id),
  ),
  route(wire.manageShare, managing, doManage),
  route(wire.manageShareLegacy, managing, doManage),
  route(wire.unmanageShareLegacy, {}, (ctx, { params }) => unmanage(ctx, params.id ?? '')),
  ...actionRoutes(wire.extendShare, shareChanges, (ctx, { params, body }) =>
    extend(ctx, params.id ?? '', wholeGib('new_size', body.new_size), truth(body.force ?? false)),
  ),
  ...actionRoutes(wire.shrinkShare, shareChanges, (ctx, { params, body }) =>
    shrink(ctx, params.id ?? '', wholeGib('new_size', body.new_size)),
  ),
  ...actionRoutes(wire.resetShareStatus, shareChanges, (ctx, { params, body }) =>
    resetStatus(ctx, params.id ?? '', body.status),
  ),
  ...actionRoutes(wire.forceDeleteShare, shareChanges, (ctx, { params }) =>
    forceDelete(ctx, params.id ?? ''),
  ),
  ...actionRoutes(wire.unmanageShare, shareChanges, (ctx, { params }) => unmanage(ctx, params.id ?? '')),
  ...actionRoutes(wire.revertShare, shareChanges, (ctx, { params, body }) =>
    revert(ctx, params.id ?? '', body.snapshot_id),
  ),
  ...actionRoutes(wire.softDeleteShare, shareChanges, (ctx, { params }) => softDelete(ctx, params.id ?? '')),
  ...actionRoutes(wire.restoreShare, shareChanges, async (ctx, { params }) =>
    (await restore(ctx, params.id ?? '')) ? undefined : new Reply(200, undefined),
  ),
  route(wire.resetTaskState, { changes: shareChanges }, (ctx, { params, body }) =>
    resetTaskState(ctx, params.id ?? '', body.task_state),
  ),
]
