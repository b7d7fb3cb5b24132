/** `scheduler-stats/pools` over HTTP. */
import { list, type ListPools } from '../../app/pools/list.ts'
import { poolChanges } from '../../wire/pools/changes.ts'
import { listPools, listPoolsDetail } from '../../wire/pools/schema.ts'
import { dictQuery } from '../lists.ts'
import { route, type Route } from '../route.ts'
import { poolDetail, poolSummary } from './view.ts'

const options = { changes: poolChanges }

const input = (query: Readonly<Record<string, string>>): ListPools => ({
  query,
  capabilities:
    query.capabilities === undefined || query.capabilities === ''
      ? null
      : dictQuery('capabilities', query.capabilities),
})

export const poolRoutes: readonly Route[] = [
  route(listPools, options, async (ctx, { query }) => ({
    pools: (await list(ctx, input(query))).map(poolSummary),
  })),
  route(listPoolsDetail, options, async (ctx, { query }) => ({
    pools: (await list(ctx, input(query))).map(poolDetail),
  })),
]
