/** What the pages of group snapshots read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import {
  listShareGroupSnapshotMembers,
  listShareGroupSnapshotsDetail,
  showShareGroupSnapshot,
  type ShareGroupSnapshot,
  type ShareGroupSnapshotMember,
} from '../../../src/wire/share-group-snapshots/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageOfOne } from '../../api/found.ts'
import { pageOf, pageQuery, type Page, type PageSearch } from '../../api/paging.ts'
import { listKey, oneKey } from '../../api/reads.ts'
import { isId } from '../../ui/ids.ts'

export type GroupSnapshotView = Static<typeof ShareGroupSnapshot>
export type MemberView = Static<typeof ShareGroupSnapshotMember>

export interface GroupSnapshotSearch extends PageSearch {
  /** Part of the name, or a whole id. */
  readonly text?: string
  readonly status?: string
  /** Of this share group. */
  readonly group?: string
  /** `1`: of every project, for whoever may. */
  readonly all?: string
}

export const sorted = { sort: 'created_at', dir: 'desc' } as const

const show = ({ client }: Console, id: string) =>
  client.call(showShareGroupSnapshot, { params: { id } }).then((found) => found.share_group_snapshot)

export const groupSnapshotsQuery = (console: Console, search: GroupSnapshotSearch) =>
  queryOptions({
    queryKey: listKey('share-group-snapshots', search),
    meta: { all: search.all === '1' },
    queryFn: async (): Promise<Page<GroupSnapshotView>> => {
      if (search.text !== undefined && isId(search.text)) return pageOfOne(show(console, search.text))
      const { share_group_snapshots } = await console.client.call(listShareGroupSnapshotsDetail, {
        query: {
          ...pageQuery(search, sorted),
          'name~': search.text,
          status: search.status,
          share_group_id: search.group,
          all_tenants: search.all === '1' ? '1' : undefined,
        },
      })
      return pageOf(search, share_group_snapshots)
    },
  })

export const groupSnapshotQuery = (console: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('share-group-snapshots', id),
    queryFn: () => show(console, id),
  })

/** More than a group may hold by default. */
const mostMembers = 1000

export const groupSnapshotMembersQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('share-group-snapshots', id, 'members'),
    queryFn: async () =>
      (
        await client.call(listShareGroupSnapshotMembers, {
          params: { id },
          query: { limit: mostMembers },
        })
      ).share_group_snapshot_members,
  })

/** Of which a group can be made: the newest of the project, and `chosen`, however old. */
export const groupSnapshotSourcesQuery = (console: Console, chosen: string | null) =>
  queryOptions({
    queryKey: listKey('share-group-snapshots', 'sources', chosen),
    queryFn: async () => {
      const { share_group_snapshots: found } = await console.client.call(listShareGroupSnapshotsDetail, {
        query: { status: 'available', sort_key: 'created_at', sort_dir: 'desc', limit: 200 },
      })
      return chosen === null || found.some(({ id }) => id === chosen)
        ? found
        : [await show(console, chosen), ...found]
    },
  })
