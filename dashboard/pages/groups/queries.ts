/** What the pages of share groups read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { listShareGroupTypes } from '../../../src/wire/share-group-types/schema.ts'
import {
  listShareGroupsDetail,
  showShareGroup,
  type ShareGroup,
} from '../../../src/wire/share-groups/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageOfOne } from '../../api/found.ts'
import { pageOf, pageQuery, type Page, type PageSearch } from '../../api/paging.ts'
import { listKey, oneKey } from '../../api/reads.ts'
import { isId } from '../../ui/ids.ts'

export type GroupView = Static<typeof ShareGroup>

export interface GroupSearch extends PageSearch {
  /** Part of the name, or a whole id. */
  readonly text?: string
  readonly status?: string
  readonly type?: string
  /** `1`: of every project, for whoever may. */
  readonly all?: string
}

export const sorted = { sort: 'created_at', dir: 'desc' } as const

export const groupsQuery = ({ client }: Console, search: GroupSearch) =>
  queryOptions({
    queryKey: listKey('share-groups', search),
    meta: { all: search.all === '1' },
    queryFn: async (): Promise<Page<GroupView>> => {
      const { text, status, type, all } = search
      if (text !== undefined && isId(text))
        return pageOfOne(
          client.call(showShareGroup, { params: { id: text } }).then((found) => found.share_group),
        )
      const { share_groups } = await client.call(listShareGroupsDetail, {
        query: {
          ...pageQuery(search, sorted),
          'name~': text,
          status,
          share_group_type_id: type,
          all_tenants: all === '1' ? '1' : undefined,
        },
      })
      return pageOf(search, share_groups)
    },
  })

export const groupQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('share-groups', id),
    queryFn: async () => (await client.call(showShareGroup, { params: { id } })).share_group,
  })

/** Those that the project may use. */
export const usableGroupTypesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('share-group-types'),
    meta: { still: true },
    queryFn: async () => (await client.call(listShareGroupTypes)).share_group_types,
  })
