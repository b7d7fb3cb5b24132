/** What the pages of pools read. */
import { queryOptions } from '@tanstack/react-query'
import { isNotFound } from '../../../src/sdk/api-error.ts'
import type { ReplyOf } from '../../../src/wire/endpoint.ts'
import { listPoolsDetail } from '../../../src/wire/pools/schema.ts'
import { listSharesDetail } from '../../../src/wire/shares/schema.ts'
import { showPoolUsageHistory } from '../../../src/wire/usages/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageOf, pageQuery, type PageSearch } from '../../api/paging.ts'
import { listKey, oneKey } from '../../api/reads.ts'
import { gib } from '../../ui/format.ts'
import type { Moment } from './forecast.ts'
import { spanOf, type SpanName } from './history.ts'

export type PoolView = ReplyOf<typeof listPoolsDetail>['pools'][number] & { readonly id: string }

export interface PoolSearch extends PageSearch {
  readonly text?: string
  readonly backend?: string
  readonly view?: string
}

/** Those that are offered now: pools of backends that are down, stopped or disabled are not among them. */
export const poolsQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('pools'),
    meta: { all: true },
    // How full they are is measured, and no event.
    refetchInterval: 60_000,
    queryFn: async (): Promise<readonly PoolView[]> =>
      (await client.call(listPoolsDetail)).pools.map((pool) => ({ ...pool, id: pool.name })),
  })

export const poolHistoryQuery = ({ client, capabilities }: Console, label: string, span: SpanName) =>
  queryOptions({
    queryKey: oneKey('usage', label, 'pool', span),
    enabled: capabilities.has('usage-history'),
    staleTime: 5 * 60_000,
    meta: { still: true },
    queryFn: async () => {
      const { seconds, step } = spanOf(span)
      const since = new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19)
      const query = { pool: label, since, step }
      return (await client.call(showPoolUsageHistory, { query })).usage_history
    },
  })

type PoolHistory = ReplyOf<typeof showPoolUsageHistory>['usage_history']

export const momentsOf = ({ points }: PoolHistory): readonly Moment[] =>
  points.map(({ at, used_bytes, placed_bytes }) => ({
    at: Date.parse(`${at.replace(/Z$/, '')}Z`),
    used: used_bytes === null ? null : used_bytes / gib,
    placed: placed_bytes === null ? null : placed_bytes / gib,
  }))

const sorted = { sort: 'created_at', dir: 'desc' } as const

/** Of all projects. */
export const poolSharesQuery = ({ client }: Console, label: string, search: PageSearch) =>
  queryOptions({
    queryKey: listKey('shares', 'of pool', label, search),
    meta: { all: true },
    queryFn: async () => {
      const query = { ...pageQuery(search, sorted), host: label, all_tenants: 1 }
      try {
        return pageOf(search, (await client.call(listSharesDetail, { query })).shares)
      } catch (error) {
        if (isNotFound(error)) return pageOf(search, [])
        throw error
      }
    },
  })
