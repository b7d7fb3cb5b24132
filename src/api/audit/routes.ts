/** The audit trail over HTTP. */
import { list } from '../../app/audit/list.ts'
import { cadfOf } from '../../model/audit.ts'
import { invalid } from '../../model/errors.ts'
import { microsFromIso } from '../../model/iso-time.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { listAuditEvents } from '../../wire/audit/schema.ts'
import { booleanQuery, pageRequest, type PageRequest } from '../lists.ts'
import { route, type Route, type UrlParts } from '../route.ts'

type Query = Readonly<Record<string, string>>

function time(query: Query, name: 'since' | 'until'): number | undefined {
  const given = query[name]
  if (given === undefined) return undefined
  const micros = microsFromIso(given)
  if (micros === null) throw invalid(`${name} must be a time such as 2026-08-21T11:05:00`)
  return micros
}

export const auditRoutes: readonly Route[] = [
  route(listAuditEvents, {}, async (ctx, { query, url }) => {
    const maxLimit = ctx.settings.api.max_limit
    const page = pageRequest(query, { maxLimit, sortKeys: { created_at: 'at' } })
    // No page is without an end: nothing here is streamed.
    const limit = page.limit ?? maxLimit
    const back = booleanQuery(query, 'page_reverse') ?? false
    if (back && page.marker === null)
      throw invalid('page_reverse needs marker, the row in front of which to look')
    const { user_id, project_id, target_type, target_id, target_project_id } = query
    const { action, outcome, address, request_id } = query
    const about = { user_id, project_id, target_type, target_id, target_project_id }
    const deed = { action, outcome, address, request_id }
    const filters = { ...about, ...deed, since: time(query, 'since'), until: time(query, 'until') }
    const { marker, descending } = page
    const rows = await list(ctx, filters, { limit, marker, descending, back })
    const [first, last] = [rows[0]?.id, rows.at(-1)?.id]
    return {
      audit: rows.map((event) => cadfOf(event, (micros) => `${isoMicros(micros)}Z`)),
      ...links(url, page, { back, isFull: rows.length === limit && limit > 0, first, last }),
    }
  }),
]

/** `next` where there may be more behind, `previous` where there is something in front. */
function links(
  url: UrlParts,
  { marker }: PageRequest,
  page: {
    readonly back: boolean
    readonly isFull: boolean
    readonly first: string | undefined
    readonly last: string | undefined
  },
): object {
  const href = (id: string, reverse: boolean): string => {
    const query = new URLSearchParams({ ...url.query, marker: id })
    query.delete('page_reverse')
    if (reverse) query.set('page_reverse', '1')
    return `${url.base}/v2${url.projectPart}${url.path}?${query}`
  }
  const { back, isFull, first, last } = page
  const all = [
    ...(last !== undefined && (back || isFull) ? [{ rel: 'next', href: href(last, false) }] : []),
    ...(first !== undefined && (back ? isFull : marker !== null)
      ? [{ rel: 'previous', href: href(first, true) }]
      : []),
  ]
  return all.length === 0 ? {} : { audit_links: all }
}
