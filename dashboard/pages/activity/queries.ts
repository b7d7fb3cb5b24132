/** What the pages of operations read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { listOperations, showOperation, type Operation } from '../../../src/wire/operations/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageOf, pageQuery, type Page, type PageSearch } from '../../api/paging.ts'
import { listKey } from '../../api/reads.ts'
import { instant } from '../../ui/format.ts'

export type OperationRow = Static<typeof Operation>

export interface ActivitySearch extends PageSearch {
  readonly state?: string
  readonly kind?: string
  /** Id of the share or snapshot it works on. */
  readonly on?: string
  /** `1`: of every project, for whoever may. */
  readonly all?: string
}

export const sorted = { sort: 'created_at', dir: 'desc' } as const
const running = 'running,undoing,queued'

export const isRunning = ({ finished_at }: Pick<OperationRow, 'finished_at'>): boolean => finished_at === null

const newsForMs = 7 * 86_400_000
/** Failures that are older wait among the rest. */
export const isNews = ({ updated_at }: OperationRow, now: number): boolean =>
  now - instant(updated_at) < newsForMs

/** Of the kinds that there are; what a newer service does besides is found without this filter. */
export const kinds = [
  'create-share',
  'delete-share',
  'extend-share',
  'shrink-share',
  'revert-share',
  'manage-share',
  'unmanage-share',
  'create-snapshot',
  'delete-snapshot',
  'manage-snapshot',
  'unmanage-snapshot',
  'ensure-shares',
] as const

export const operationsQuery = ({ client }: Console, search: ActivitySearch) =>
  queryOptions({
    queryKey: listKey('operations', search),
    meta: { all: search.all === '1' },
    queryFn: async (): Promise<Page<OperationRow>> =>
      pageOf(
        search,
        (
          await client.call(listOperations, {
            query: {
              ...pageQuery(search, sorted),
              state: search.state,
              kind: search.kind,
              resource_id: search.on,
              all_projects: search.all === '1' ? '1' : undefined,
            },
          })
        ).operations,
      ),
  })

/** The first page without filters begins with these. */
export const groupQuery = ({ client }: Console, group: 'running' | 'failed', all: boolean) =>
  queryOptions({
    queryKey: listKey('operations', 'group', group, all),
    meta: { all },
    queryFn: async () =>
      (
        await client.call(listOperations, {
          query: {
            state: group === 'running' ? running : 'failed',
            limit: group === 'running' ? 100 : 10,
            all_projects: all ? '1' : undefined,
          },
        })
      ).operations,
    // Of all projects something always runs: events alone say when to read again.
    refetchInterval: ({ state }) =>
      group === 'running' && !all && (state.data?.length ?? 0) > 0 ? 2000 : false,
  })

export const operationQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: listKey('operations', 'shown', id),
    queryFn: async () => (await client.call(showOperation, { params: { id } })).operation,
    // Steps are no events: while something runs it is looked at.
    refetchInterval: ({ state }) => (state.data !== undefined && isRunning(state.data) ? 1000 : false),
  })
