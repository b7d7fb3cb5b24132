/** What lies in the recycle bin. */
import { queryOptions } from '@tanstack/react-query'
import { listSharesDetail } from '../../../src/wire/shares/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageOf, pageQuery, type PageSearch } from '../../api/paging.ts'
import { listKey } from '../../api/reads.ts'
import type { SharePage } from '../shares/queries.ts'

export interface BinSearch extends PageSearch {
  /** Part of the name. */
  readonly text?: string
  /** `1`: of all projects; for administrators. */
  readonly all?: string
}

/** As the service sorts what it can: it has no key for the end. */
export const sorted = { sort: 'updated_at', dir: 'desc' } as const

/** The recycle bin came with 2.69. */
export const hasBin = ({ client }: Console): boolean => client.minor >= 69

export const binQuery = (console: Console, search: BinSearch) =>
  queryOptions({
    queryKey: listKey('shares', 'recycle-bin', search),
    meta: { all: search.all === '1' },
    enabled: hasBin(console),
    queryFn: async (): Promise<SharePage> => {
      const { shares, count } = await console.client.call(listSharesDetail, {
        query: {
          ...pageQuery(search, sorted),
          is_soft_deleted: 'true',
          'name~': search.text,
          with_count: 'true',
          ...(search.all === '1' ? { all_tenants: '1' } : {}),
        },
      })
      return { ...pageOf(search, shares), count: count ?? null }
    },
  })
