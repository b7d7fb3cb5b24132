/**
 * A row of the table: one route, who may use it, and how it is asked so that whoever may is served.
 *
 * A NEW ROUTE NEEDS ONE LINE in the file of its kind (`rows-shares.ts`, `rows-service.ts`, `rows-identity.ts`):
 *
 *     row('GET /things/{thing}', reader, 200, { since: 94 }),
 *
 * - In braces are nouns that `furniture.ts` makes in each project; a new noun needs a row there. They may stand in the path, the
 *   query and the body. Names of parameters don't matter.
 * - The rule comes from `rules.ts`, and what is expected from what is known of the original, or from the sentence in our own guide:
 *   never from what the service answers.
 * - `200` is what those get who may. `foreign` is what those get who may see no such object (404 unless said).
 * - Where we mean to differ from the original, `why` says so; the document shows it.
 *
 * Then `npm run golden` writes `docs/guide/who-may-what.md` anew.
 */
import { maxMinor } from '../../../src/model/version.ts'
import type { Rule } from './rules.ts'

export interface Row {
  readonly method: string
  /** Below `/v2`, or from the root for what is elsewhere; nouns in braces. */
  readonly path: string
  readonly action: string | null
  readonly rule: Rule
  /** Status of success. */
  readonly ok: number
  /** Null = outside of microversions. */
  readonly since: number | null
  readonly until: number | null
  /** First and last minor at which it wants the experimental header. */
  readonly experimental: readonly [number, number] | null
  readonly body: unknown
  readonly query: string
  readonly foreign: number
  /** A noun sent as `X-Subject-Token`. */
  readonly subject: string | null
  readonly endless: boolean
  readonly why: string | null
}

export type More = Partial<Omit<Row, 'method' | 'path' | 'rule' | 'ok'>>

/** `row('POST /shares/{share}/action extend', member, 202, { body: { new_size: 3 } })`; of an action `body` is the value. */
export function row(request: string, rule: Rule, ok: number, more: More = {}): Row {
  const [method = '', path = '', action = null] = request.split(' ')
  const body = action === null ? more.body : { [action]: more.body ?? null }
  return {
    method,
    path,
    action,
    rule,
    ok,
    since: 0,
    until: maxMinor,
    experimental: null,
    query: '',
    foreign: 404,
    subject: null,
    endless: false,
    why: null,
    ...more,
    body,
  }
}

/** A row of the identity face; `path` begins behind `/identity`. */
export const identityRow = (request: string, rule: Rule, ok: number, more: More = {}): Row =>
  row(request.replace(' ', ' /identity'), rule, ok, { since: null, until: null, ...more })

/** The six routes of metadata below `base`. */
export function metadata(base: string, rules: Readonly<Record<'get' | 'update', Rule>>, since = 0): Row[] {
  const body = { metadata: { k: 'w' } }
  return [
    row(`GET ${base}/metadata`, rules.get, 200, { since }),
    row(`POST ${base}/metadata`, rules.update, 200, { since, body }),
    row(`PUT ${base}/metadata`, rules.update, 200, { since, body }),
    row(`GET ${base}/metadata/k`, rules.get, 200, { since }),
    row(`POST ${base}/metadata/k`, rules.update, 200, { since, body }),
    row(`DELETE ${base}/metadata/k`, rules.update, 200, { since }),
  ]
}
