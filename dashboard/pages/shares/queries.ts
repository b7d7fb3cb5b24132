/** What the pages of shares read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { listZones } from '../../../src/wire/availability-zones/schema.ts'
import { listExportLocations } from '../../../src/wire/export-locations/schema.ts'
import { listOperations, showOperation } from '../../../src/wire/operations/schema.ts'
import { listShareTypes } from '../../../src/wire/share-types/schema.ts'
import { listSharesDetail, showShare, type Share } from '../../../src/wire/shares/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageOfOne } from '../../api/found.ts'
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
  /** Administrators only. */
  readonly protocol?: string
  /** `key=value`. */
  readonly meta?: string
  /** Id of a share group. */
  readonly group?: string
  /** `1`: of all projects; for administrators. */
  readonly all?: string
}
export const shareFilters = ['text', 'status', 'type', 'zone', 'protocol', 'meta', 'group', 'all'] as const

/** Without what is of a form beside the list. */
export const listSearch = ({
  snapshot: _ofForm,
  ...search
}: ShareSearch & { readonly snapshot?: string }): ShareSearch => search

export interface SharePage extends Page<ShareView> {
  /** Of all pages; null where the service does not count. */
  readonly count: number | null
}

export const sorted = { sort: 'created_at', dir: 'desc' } as const

/** A dictionary as the API reads one in a query; undefined for a text that is none. */
export function metadataFilter(text: string | undefined): string | undefined {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text ?? '') ?? []
  if (key === undefined || value === undefined) return undefined
  return JSON.stringify({ [key.trim()]: value.trim() })
}

export const sharesQuery = ({ client }: Console, search: ShareSearch) =>
  queryOptions({
    queryKey: listKey('shares', search),
    meta: { all: search.all === '1' },
    queryFn: async (): Promise<SharePage> => {
      const { text } = search
      if (text !== undefined && isId(text)) {
        const asked = client.call(showShare, { params: { id: text.trim() } })
        const page = await pageOfOne(asked.then(({ share }) => share))
        return { ...page, count: page.rows.length }
      }
      const { shares, count } = await client.call(listSharesDetail, {
        query: {
          ...pageQuery(search, sorted),
          'name~': text,
          status: search.status,
          share_type_id: search.type,
          availability_zone: search.zone,
          share_proto: search.protocol,
          metadata: metadataFilter(search.meta),
          share_group_id: search.group,
          with_count: 'true',
          ...(search.all === '1' ? { all_tenants: '1' } : {}),
        },
      })
      return { ...pageOf(search, shares), count: count ?? null }
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

export const zonesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('zones'),
    staleTime: 5 * 60_000,
    meta: { still: true },
    queryFn: async () => (await client.call(listZones)).availability_zones,
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
