/** What the pages of snapshots read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import {
  listSnapshotAccess,
  listSnapshotExportLocations,
  listSnapshotsDetail,
  showSnapshot,
  type Snapshot,
} from '../../../src/wire/snapshots/schema.ts'
import { showSnapshotUsage, type Usage } from '../../../src/wire/usages/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageOfOne } from '../../api/found.ts'
import { pageOf, pageQuery, type Page, type PageSearch } from '../../api/paging.ts'
import { listKey, oneKey } from '../../api/reads.ts'
import { isId } from '../../ui/ids.ts'

export type SnapshotView = Static<typeof Snapshot>
export type UsageView = Static<typeof Usage>

export interface SnapshotSearch extends PageSearch {
  /** Part of the name, or a whole id. */
  readonly text?: string
  readonly status?: string
  /** Of this share. */
  readonly share?: string
  /** `1`: of every project, for whoever may. */
  readonly all?: string
}

export const sorted = { sort: 'created_at', dir: 'desc' } as const

export const snapshotsQuery = ({ client }: Console, search: SnapshotSearch) =>
  queryOptions({
    queryKey: listKey('snapshots', search),
    meta: { all: search.all === '1' },
    queryFn: async (): Promise<Page<SnapshotView>> => {
      const { text } = search
      if (text !== undefined && isId(text))
        return pageOfOne(client.call(showSnapshot, { params: { id: text } }).then((found) => found.snapshot))
      const { snapshots } = await client.call(listSnapshotsDetail, {
        query: {
          ...pageQuery(search, sorted),
          'name~': text,
          status: search.status,
          share_id: search.share,
          all_tenants: search.all === '1' ? '1' : undefined,
        },
      })
      return pageOf(search, snapshots)
    },
  })

/** More than these of one share are shown page by page in the list. */
export const mostOfShare = 1000

/** Newest first. */
export const snapshotsOfShareQuery = ({ client }: Console, shareId: string) =>
  queryOptions({
    queryKey: listKey('snapshots', 'of-share', shareId),
    queryFn: async () =>
      (
        await client.call(listSnapshotsDetail, {
          query: {
            share_id: shareId,
            limit: mostOfShare,
            sort_key: 'created_at',
            sort_dir: 'desc',
            all_tenants: '1',
          },
        })
      ).snapshots,
  })

export const snapshotQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('snapshots', id),
    queryFn: async () => (await client.call(showSnapshot, { params: { id } })).snapshot,
  })

export const snapshotUsageQuery = ({ client, capabilities }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('usage', id),
    enabled: capabilities.has('usage'),
    // Measured in batches, not at every change.
    staleTime: 5 * 60_000,
    queryFn: async () => (await client.call(showSnapshotUsage, { params: { id } })).usage,
  })

export const snapshotRulesQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('snapshots', id, 'rules'),
    enabled: client.minor >= 32,
    queryFn: async () => (await client.call(listSnapshotAccess, { params: { id } })).snapshot_access_list,
    // Their states are no events.
    refetchInterval: ({ state }) =>
      state.data?.some(({ state: word }) => word !== 'active' && word !== 'error') === true ? 1000 : false,
  })

export const snapshotExportsQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('snapshots', id, 'exports'),
    enabled: client.minor >= 32,
    queryFn: async () =>
      (await client.call(listSnapshotExportLocations, { params: { id } })).share_snapshot_export_locations,
  })
