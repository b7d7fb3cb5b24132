/** What the page of the audit trail reads. */
import { queryOptions } from '@tanstack/react-query'
import type { ReplyOf } from '../../../src/wire/endpoint.ts'
import { listAuditEvents } from '../../../src/wire/audit/schema.ts'
import type { Console } from '../../api/console.ts'
import { pageRows, type Page, type PageSearch } from '../../api/paging.ts'
import { listKey } from '../../api/reads.ts'

export type AuditView = ReplyOf<typeof listAuditEvents>['audit'][number]

/** In the URL; each is a filter of the API. */
export const auditFilters = [
  'action',
  'outcome',
  'user_id',
  'project_id',
  'target_type',
  'target_id',
  'target_project_id',
  'address',
  'request_id',
  'since',
  'until',
] as const
export type AuditSearch = PageSearch & {
  readonly [Name in (typeof auditFilters)[number] | 'event' | 'more']?: string
}

export const filtersOf = (search: AuditSearch): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(auditFilters.map((name) => [name, search[name]]))

export const auditQuery = ({ client }: Console, { event: _event, more: _more, ...search }: AuditSearch) =>
  queryOptions({
    queryKey: listKey('audit', search),
    queryFn: async (): Promise<Page<AuditView>> => {
      const { before, after } = search
      const { audit } = await client.call(listAuditEvents, {
        query: {
          ...filtersOf(search),
          limit: String(pageRows + 1),
          marker: before ?? after,
          page_reverse: before === undefined ? undefined : 'true',
          sort_dir: search.dir,
        },
      })
      const more = audit.length > pageRows
      // In either direction the page comes in the list's order.
      if (before === undefined)
        return { rows: audit.slice(0, pageRows), hasNewer: after !== undefined, hasOlder: more }
      return { rows: more ? audit.slice(1) : audit, hasNewer: more, hasOlder: true }
    },
  })

/** `storage/share` → `share`. */
export const kindOf = ({ target }: AuditView): string => target.typeURI.split('/').at(-1) ?? target.typeURI

export const jsonLines = (events: readonly AuditView[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('')
