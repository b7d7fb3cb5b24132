/** How full shares are and were, and what is left of the project's quota. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { showLimits } from '../../../src/wire/limits/schema.ts'
import {
  listShareUsages,
  mostUsages,
  showShareUsage,
  showShareUsageHistory,
  type Usage,
} from '../../../src/wire/usages/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey, oneKey } from '../../api/reads.ts'

export type UsageView = Static<typeof Usage>

/** Measurements come every few minutes; no event tells of one. */
const readAgainMs = 60_000

/** By id; what is not in it is not known. */
export const usagesQuery = ({ client, capabilities }: Console, ids: readonly string[]) =>
  queryOptions({
    queryKey: listKey('usage', 'shares', [...ids].sort()),
    enabled: capabilities.has('usage') && ids.length > 0,
    refetchInterval: readAgainMs,
    placeholderData: (before: ReadonlyMap<string, UsageView> | undefined) => before,
    queryFn: async (): Promise<ReadonlyMap<string, UsageView>> => {
      const { usages } = await client.call(listShareUsages, {
        query: { id: ids.slice(0, mostUsages).join(',') },
      })
      return new Map(usages.map((usage) => [usage.id, usage]))
    },
  })

export const usageQuery = ({ client, capabilities }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('usage', id),
    enabled: capabilities.has('usage'),
    refetchInterval: readAgainMs,
    queryFn: async () => (await client.call(showShareUsage, { params: { id } })).usage,
  })

/** Asks the backend now, and waits for it: a few seconds. Throws ApiError 503 when nobody measures. */
export const measured = async ({ client }: Console, id: string): Promise<UsageView> =>
  (await client.call(showShareUsage, { params: { id }, query: { refresh: 'true' } })).usage

export const usageRanges = {
  day: { days: 1, step: '5min' },
  month: { days: 30, step: 'hour' },
  years: { days: 730, step: 'day' },
} as const
export type UsageRange = keyof typeof usageRanges

export const usageHistoryQuery = ({ client, capabilities }: Console, id: string, range: UsageRange) =>
  queryOptions({
    queryKey: oneKey('usage', id, 'history', range),
    enabled: capabilities.has('usage-history'),
    refetchInterval: 5 * readAgainMs,
    queryFn: async () => {
      const { days, step } = usageRanges[range]
      const since = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 19)
      return (await client.call(showShareUsageHistory, { params: { id }, query: { since, step } }))
        .usage_history
    },
  })

export interface QuotaLeft {
  /** Null = without limit. */
  readonly limit: number | null
  readonly used: number
  /** Null = without limit. */
  readonly left: number | null
}

/** What the project may have and has, of shares and of their GiB. */
export const shareLimitsQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('limits', 'shares'),
    queryFn: async () => {
      const { absolute } = (await client.call(showLimits)).limits
      return {
        shares: leftOf(absolute.maxTotalShares, absolute.totalSharesUsed),
        gigabytes: leftOf(absolute.maxTotalShareGigabytes, absolute.totalShareGigabytesUsed),
      }
    },
  })

/** −1 is without limit; what is over a limit that was lowered leaves nothing. */
export function leftOf(limit: number | undefined, used: number | undefined): QuotaLeft {
  const has = used ?? 0
  if (limit === undefined || limit < 0) return { limit: null, used: has, left: null }
  return { limit, used: has, left: Math.max(0, limit - has) }
}
