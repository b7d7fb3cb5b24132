/** What the pages of share instances read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { isNotFound } from '../../../src/sdk/api-error.ts'
import { listInstanceExportLocations } from '../../../src/wire/export-locations/schema.ts'
import {
  listShareInstances,
  showShareInstance,
  type ShareInstance,
} from '../../../src/wire/share-instances/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageOf, pageQuery, type Page, type PageSearch } from '../../api/paging.ts'
import { listKey, oneKey } from '../../api/reads.ts'
import { isId } from '../../ui/ids.ts'

export type InstanceView = Static<typeof ShareInstance>

export interface InstanceSearch extends PageSearch {
  /** A whole id, or a whole export path. */
  readonly text?: string
}

export const sorted = { sort: 'created_at', dir: 'desc' } as const

export const instancesQuery = ({ client }: Console, search: InstanceSearch) =>
  queryOptions({
    queryKey: listKey('instances', search),
    meta: { all: true },
    queryFn: async (): Promise<Page<InstanceView>> => {
      const { text } = search
      if (text !== undefined && isId(text)) {
        const found = await client
          .call(showShareInstance, { params: { id: text.trim() } })
          .catch((error: unknown) => {
            if (isNotFound(error)) return null
            throw error
          })
        return { rows: found === null ? [] : [found.share_instance], hasNewer: false, hasOlder: false }
      }
      const { share_instances } = await client.call(listShareInstances, {
        query: { ...pageQuery(search, sorted), export_location_path: text },
      })
      return pageOf(search, share_instances)
    },
  })

export const instanceQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('instances', id),
    meta: { all: true },
    queryFn: async () => (await client.call(showShareInstance, { params: { id } })).share_instance,
  })

/** Told of instances since 2.9. */
const exportsSince = 9

export const instanceExportsQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('instances', id, 'export-locations'),
    enabled: client.minor >= exportsSince,
    queryFn: async () =>
      (await client.call(listInstanceExportLocations, { params: { id } })).export_locations,
  })
