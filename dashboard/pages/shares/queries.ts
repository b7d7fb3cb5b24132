/** What the pages of shares read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { isNotFound } from '../../../src/sdk/api-error.ts'
import { listExportLocations } from '../../../src/wire/export-locations/schema.ts'
import { listOperations, showOperation } from '../../../src/wire/operations/schema.ts'
import { listShareTypes } from '../../../src/wire/share-types/schema.ts'
import { listSharesDetail, showShare, type Share } from '../../../src/wire/shares/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageOf, pageQuery, type Page, type PageSearch } from '../../api/paging.ts'
import { listKey, oneKey } from '../../api/reads.ts'
import { isId } from '../../ui/ids.ts'

export type ShareView = Static<typeof Share>

export interface ShareSearch extends PageSearch {
  /** Part of the name, or a whole id. */
  readonly text?: string
  readonly status?: string
  readonly type?: string
  readonly zone?: string
}

export const sorted = { sort: 'created_at', dir: 'desc' } as const

export const sharesQuery = ({ client }: Console, search: ShareSearch) =>
  queryOptions({
    queryKey: listKey('shares', search),
    queryFn: async (): Promise<Page<ShareView>> => {
      const { text } = search
      if (text !== undefined && isId(text)) {
        const found = await client.call(showShare, { params: { id: text } }).catch((error: unknown) => {
          if (isNotFound(error)) return null
          throw error
        })
        return { rows: found === null ? [] : [found.share], hasNewer: false, hasOlder: false }
      }
      const { shares } = await client.call(listSharesDetail, {
        query: {
          ...pageQuery(search, sorted),
          'name~': text,
          status: search.status,
          share_type_id: search.type,
          availability_zone: search.zone,
        },
      })
      return pageOf(search, shares)
    },
  })

export const shareQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('shares', id),
    queryFn: async () => (await client.call(showShare, { params: { id } })).share,
  })

export const exportsQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('shares', id, 'export-locations'),
    queryFn: async () => (await client.call(listExportLocations, { params: { id } })).export_locations,
  })

/** Types change rarely and by hand. */
export const typesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('types'),
    staleTime: 5 * 60_000,
    meta: { still: true },
    queryFn: async () => (await client.call(listShareTypes)).share_types,
  })

/** The newest operation on a share, with its steps; null where there is none, or the service has no operations. */
export const newestOperationQuery = ({ client, capabilities }: Console, resourceId: string) =>
  queryOptions({
    queryKey: oneKey('operations', resourceId, 'newest'),
    enabled: capabilities.has('operations'),
    queryFn: async () => {
      const { operations } = await client.call(listOperations, {
        query: { resource_id: resourceId, limit: 1 },
      })
      const newest = operations[0]
      return newest === undefined
        ? null
        : (await client.call(showOperation, { params: { id: newest.id } })).operation
    },
    // Steps are no events: while something runs it is looked at.
    refetchInterval: ({ state }) =>
      state.data !== undefined && state.data !== null && state.data.finished_at === null ? 1000 : false,
  })
