/** Resource locks over HTTP. */
import { deleteLock, updateLockOf } from '../../app/resource-locks/change.ts'
import { createLock } from '../../app/resource-locks/create.ts'
import { findLock, list, type ListLocks } from '../../app/resource-locks/find.ts'
import * as wire from '../../wire/resource-locks/schema.ts'
import { listReply } from '../list-reply.ts'
import { booleanQuery, nextLink, pageRequest, stampQuery, type PageRequest } from '../lists.ts'
import { route, type Route } from '../route.ts'
import { lockView } from './view.ts'

const columns = [
  'id',
  'created_at',
  'updated_at',
  'user_id',
  'project_id',
  'resource_id',
  'resource_type',
  'resource_action',
  'lock_context',
  'lock_reason',
]
const sortKeys = Object.fromEntries(columns.map((name) => [name, name]))

type Query = Readonly<Record<string, string>>

function listInput(query: Query, maxLimit: number): ListLocks & { page: PageRequest } {
  const given = (name: string): string | undefined => (query[name] === '' ? undefined : query[name])
  return {
    page: pageRequest(query, { maxLimit, sortKeys, strictDirection: false }),
    allProjects: booleanQuery(query, 'all_projects', 'all_tenants') === true,
    withCount: booleanQuery(query, 'with_count') === true,
    filters: {
      id: given('id'),
      userId: given('user_id'),
      projectId: given('project_id'),
      resourceId: given('resource_id'),
      resourceType: given('resource_type'),
      resourceAction: given('resource_action'),
      lockContext: given('lock_context'),
      lockReason: given('lock_reason'),
      lockReasonLike: given('lock_reason~'),
      createdSince: stampQuery(query, 'created_since'),
      createdBefore: stampQuery(query, 'created_before'),
    },
  }
}

export const resourceLockRoutes: readonly Route[] = [
  route(wire.listLocks, {}, async (ctx, { query, url }) => {
    const input = listInput(query, ctx.settings.api.max_limit)
    const { read, count } = await list(ctx, input)
    return listReply({
      key: 'resource_locks',
      page: input.page,
      read,
      view: (row) => lockView(url, row),
      tail: (last, rows) => ({
        ...(count === null || count === 0 ? {} : { count }),
        ...nextLink('resource_locks_links', url, input.page, last, rows),
      }),
    })
  }),
  route(wire.showLock, {}, async (ctx, { params, url }) => ({
    resource_lock: lockView(url, await findLock(ctx, params.id ?? '')),
  })),
  route(wire.createLock, {}, async (ctx, { body: { resource_lock: lock }, url }) => {
    const made = await createLock(ctx, {
      resourceId: lock.resource_id,
      resourceType: lock.resource_type ?? 'share',
      resourceAction: lock.resource_action ?? 'delete',
      reason: lock.lock_reason ?? null,
    })
    return { resource_lock: lockView(url, made) }
  }),
  route(wire.updateLock, {}, async (ctx, { params, body: { resource_lock: lock }, url }) => {
    const changed = await updateLockOf(ctx, params.id ?? '', {
      resourceAction: lock.resource_action,
      reason: lock.lock_reason,
    })
    return { resource_lock: lockView(url, changed) }
  }),
  route(wire.deleteLock, {}, (ctx, { params }) => deleteLock(ctx, params.id ?? '')),
]
