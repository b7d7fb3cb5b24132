/** What the overview reads: little, in few requests, whatever the project holds. */
import { queryOptions } from '@tanstack/react-query'
import { listOperations } from '../../../src/wire/operations/schema.ts'
import { listPoolsDetail } from '../../../src/wire/pools/schema.ts'
import { listServices } from '../../../src/wire/services/schema.ts'
import { listShareGroupSnapshotsDetail } from '../../../src/wire/share-group-snapshots/schema.ts'
import { listShareGroupsDetail } from '../../../src/wire/share-groups/schema.ts'
import { listSharesDetail } from '../../../src/wire/shares/schema.ts'
import { listSnapshotsDetail } from '../../../src/wire/snapshots/schema.ts'
import { listShareUsages, mostUsages, showProjectUsageHistory } from '../../../src/wire/usages/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'
import type { PoolFacts, UsageFacts } from './attention.ts'

/** Newest shares that are looked at; of more, those in error are looked for besides. */
export const mostShares = 1000
const again = 60_000
const everywhere = (all: boolean) => (all ? '1' : undefined)

export const sharesQuery = ({ client }: Console, all: boolean) =>
  queryOptions({
    queryKey: listKey('shares', 'overview', all),
    meta: { all },
    queryFn: async () => {
      const query = { all_tenants: everywhere(all), limit: mostShares }
      const { shares } = await client.call(listSharesDetail, { query })
      const older =
        shares.length < mostShares
          ? []
          : (await client.call(listSharesDetail, { query: { ...query, status: 'error' } })).shares
      const known = new Set(shares.map(({ id }) => id))
      return [...shares, ...older.filter(({ id }) => !known.has(id))]
    },
  })

/** What lies in the recycle bin is a list of its own. */
export const binQuery = ({ client }: Console, all: boolean) =>
  queryOptions({
    queryKey: listKey('shares', 'overview-bin', all),
    meta: { all },
    enabled: client.minor >= 69,
    queryFn: async () =>
      (
        await client.call(listSharesDetail, {
          query: { all_tenants: everywhere(all), limit: 200, is_soft_deleted: 'true' },
        })
      ).shares,
  })

export const brokenSnapshotsQuery = ({ client }: Console, all: boolean) =>
  queryOptions({
    queryKey: listKey('snapshots', 'overview', all),
    meta: { all },
    queryFn: async () =>
      (
        await Promise.all(
          ['error', 'error_deleting'].map(
            async (status) =>
              (
                await client.call(listSnapshotsDetail, {
                  query: { all_tenants: everywhere(all), limit: 50, status },
                })
              ).snapshots,
          ),
        )
      ).flat(),
  })

const brokenGroups = (all: boolean) => ({ all_tenants: everywhere(all), limit: 50, status: 'error' })

export const brokenGroupsQuery = ({ client, capabilities }: Console, all: boolean) =>
  queryOptions({
    queryKey: listKey('share-groups', 'overview', all),
    meta: { all },
    enabled: capabilities.has('share-groups'),
    queryFn: async () =>
      (await client.call(listShareGroupsDetail, { query: brokenGroups(all) })).share_groups,
  })

export const brokenGroupSnapshotsQuery = ({ client, capabilities }: Console, all: boolean) =>
  queryOptions({
    queryKey: listKey('share-group-snapshots', 'overview', all),
    meta: { all },
    enabled: capabilities.has('share-groups'),
    queryFn: async () =>
      (await client.call(listShareGroupSnapshotsDetail, { query: brokenGroups(all) })).share_group_snapshots,
  })

export const failedQuery = ({ client, capabilities }: Console, all: boolean) =>
  queryOptions({
    queryKey: listKey('operations', 'overview-failed', all),
    meta: { all },
    enabled: capabilities.has('operations'),
    queryFn: async () =>
      (
        await client.call(listOperations, {
          query: { state: 'failed', limit: 100, all_projects: everywhere(all) },
        })
      ).operations,
  })

export const runningQuery = ({ client, capabilities }: Console, all: boolean) =>
  queryOptions({
    queryKey: listKey('operations', 'overview-running', all),
    meta: { all },
    enabled: capabilities.has('operations'),
    queryFn: async () =>
      (
        await client.call(listOperations, {
          query: { state: 'running,undoing,queued' as never, limit: 20, all_projects: everywhere(all) },
        })
      ).operations,
    // Of all projects something always runs: events alone say when to read again.
    refetchInterval: ({ state }) => (!all && (state.data?.length ?? 0) > 0 ? 2000 : false),
  })

/** How full the first thousand shares are; measured every few minutes, no event tells of it. */
export const usagesQuery = ({ client, capabilities }: Console, ids: readonly string[]) =>
  queryOptions({
    queryKey: listKey('usage', 'overview', ids),
    enabled: capabilities.has('usage') && ids.length > 0,
    staleTime: again,
    refetchInterval: again,
    placeholderData: (before) => before,
    queryFn: async (): Promise<readonly UsageFacts[]> => {
      const found: UsageFacts[] = []
      for (let at = 0; at < Math.min(ids.length, mostShares); at += mostUsages) {
        const id = ids.slice(at, at + mostUsages).join(',')
        found.push(...(await client.call(listShareUsages, { query: { id } })).usages)
      }
      return found
    },
  })

export const servicesQuery = ({ client }: Console, isAdmin: boolean) =>
  queryOptions({
    queryKey: listKey('services', 'overview'),
    meta: { all: true },
    enabled: isAdmin,
    refetchInterval: again,
    queryFn: async () => (await client.call(listServices)).services,
  })

export const poolsQuery = ({ client }: Console, isAdmin: boolean) =>
  queryOptions({
    queryKey: listKey('pools', 'overview'),
    meta: { all: true },
    enabled: isAdmin,
    refetchInterval: again,
    queryFn: async (): Promise<readonly PoolFacts[]> =>
      (await client.call(listPoolsDetail)).pools.flatMap(({ name, capabilities }) => {
        const { total_capacity_gb: totalGib, free_capacity_gb: freeGib } = capabilities
        // "unknown" and "infinite" are words, and need nobody.
        return typeof totalGib === 'number' && typeof freeGib === 'number'
          ? [{ name, totalGib, freeGib }]
          : []
      }),
  })

export const ranges = {
  day: { days: 1, step: '5min' },
  month: { days: 30, step: 'hour' },
  years: { days: 730, step: 'day' },
} as const
export type Range = keyof typeof ranges

export const historyQuery = ({ client, capabilities }: Console, range: Range) =>
  queryOptions({
    queryKey: listKey('usage', 'overview-history', range),
    enabled: capabilities.has('usage-history'),
    refetchInterval: 5 * again,
    placeholderData: (before) => before,
    queryFn: async () => {
      const { days, step } = ranges[range]
      const since = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 19)
      return (await client.call(showProjectUsageHistory, { query: { since, step } })).usage_history
    },
  })
