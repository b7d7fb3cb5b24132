/** Requests as Manila reads them where Fastify would read them otherwise: URLs with a project, queries, and its refusals in our words. */
import type { FastifyRequest } from 'fastify'
import { fault, Fault, invalid } from '../model/errors.ts'

export type RawRequest = { url?: string; manilaProject?: string; manilaEmptyEnd?: boolean }

/** `/v2/<project>/shares` is `/v2/shares` with a project to compare: every route is registered once. */
export function stripProject(raw: RawRequest, collections: ReadonlySet<string>, projectId: RegExp): string {
  const url = originForm(raw.url ?? '/')
  const [path = '', ...rest] = url.split('?')
  const query = rest.length > 0 ? `?${rest.join('?')}` : ''
  const segments = path.split('/')
  if (segments[1] !== 'v2') return url
  const second = segments[2] ?? ''
  const tail = (list: string[]): string => list.join('/').replace(/\.json$/, '') + query
  const inProject = second !== '' && !collections.has(second) && projectId.test(second)
  if (inProject) raw.manilaProject = second
  const routed = inProject ? ['', 'v2', ...segments.slice(3)] : segments
  // Fastify takes `/v2/shares/` for `/v2/shares`; that would make a whole collection of an id that came out empty.
  raw.manilaEmptyEnd = routed.length > 3 && /^(\.json)?$/.test(routed.at(-1) ?? '')
  return tail(routed)
}

/** A request line may name the whole URL (RFC 9112, 3.2.2); who is called there is not asked. */
function originForm(url: string): string {
  const authority = /^https?:\/\/[^/?#]*/i.exec(url)?.[0]
  if (authority === undefined) return url
  const rest = url.slice(authority.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Characters of a query; the original's web server takes no longer line. */
const maxQueryLength = 8192
/** Parameters of a query: twice as many as any list has filters. */
const maxParameters = 100

export function queryOf(request: FastifyRequest, repeated: readonly string[] = []): Record<string, string> {
  const length = request.url.length - (request.url.indexOf('?') + 1)
  if (length > maxQueryLength) throw invalid(`the query must have at most ${maxQueryLength} characters`)
  if (Object.keys(request.query as object).length > maxParameters) {
    throw invalid(`the query must have at most ${maxParameters} parameters`)
  }
  const query: Record<string, string> = {}
  for (const [key, value] of Object.entries(request.query as Record<string, string | string[]>)) {
    // Of a repeated key the last one counts, as in webob.
    const all = Array.isArray(value) ? value : [value]
    const last = repeated.includes(key) ? all.join(',') : (all.at(-1) ?? '')
    if (last.includes('\0') || !last.isWellFormed() || key.includes('\0')) {
      throw invalid(`the query parameter ${key.replaceAll('\0', '').slice(0, 60)} must not contain NUL`)
    }
    query[key] = last
  }
  return query
}

export const one = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header

/** Fastify's own refusals in our words. */
export function fromFastify(error: unknown): unknown {
  if (error instanceof Fault) return error
  const code = (error as { code?: string }).code
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return fault('TooLarge', { message: 'The request body is too large.' })
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') return invalid('Content-Length does not match the body.')
  const status = (error as { statusCode?: number }).statusCode
  if (status !== undefined && status >= 400 && status < 500) return invalid((error as Error).message)
  return error
}
