/** Operations over HTTP. */
import { cancelOperation as cancel } from '../../app/operations/cancel.ts'
import type { OperationState } from '../../db/schema.ts'
import { findOperation } from '../../app/operations/find.ts'
import { list } from '../../app/operations/list.ts'
import { retryOperation as retry } from '../../app/operations/retry.ts'
import {
  cancelOperation,
  listOperations,
  retryOperation,
  showOperation,
} from '../../wire/operations/schema.ts'
import { shareChanges } from '../../wire/shares/changes.ts'
import { snapshotChanges } from '../../wire/snapshots/changes.ts'
import { listReply } from '../list-reply.ts'
import { booleanQuery, nextLink, pageRequest, type PageRules } from '../lists.ts'
import { route, type Route } from '../route.ts'
import { operationDetail, operationView } from './view.ts'

const sortable = ['id', 'created_at', 'updated_at', 'finished_at', 'kind', 'state', 'resource_id']

const rules = (maxLimit: number): PageRules => ({
  maxLimit,
  sortKeys: Object.fromEntries(sortable.map((key) => [key, key])),
})

export const operationRoutes: readonly Route[] = [
  route(listOperations, {}, async (ctx, { query, url }) => {
    const page = pageRequest(query, rules(ctx.settings.api.max_limit))
    const { resource_id, resource_type, kind, state, request_id } = query
    const states = state?.split(',') as OperationState[] | undefined
    const filters = { resource_id, resource_type, kind, request_id, state: states }
    const allTenants = booleanQuery(query, 'all_tenants', 'all_projects') === true
    return listReply({
      key: 'operations',
      page,
      read: list(ctx, { filters, allTenants }),
      view: (row) => operationView(ctx, url, row),
      tail: (last, rows) => nextLink('operations_links', url, page, last, rows),
    })
  }),
  route(showOperation, {}, async (ctx, { params, url }) => {
    const { operation, steps } = await findOperation(ctx, params.id ?? '')
    return { operation: operationDetail(ctx, url, operation, steps) }
  }),
  route(cancelOperation.now, {}, (ctx, { params }) => cancel(ctx, params.id ?? '')),
  // Behaviours at the caller's microversion are those of the requests that are repeated.
  route(
    retryOperation.now,
    { changes: [...shareChanges, ...snapshotChanges] },
    async (ctx, { params, url }) => ({
      operation: operationView(ctx, url, await retry(ctx, params.id ?? '')),
    }),
  ),
]
