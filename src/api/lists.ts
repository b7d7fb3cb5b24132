/**
 * Pages of lists: what `limit`, `offset`, `marker`, `sort_key` and `sort_dir` mean, and the next link. Paging is by key
 * (`marker`); `offset` still answers for old clients.
 */
import { invalid } from '../model/errors.ts'
import { microsFromIso } from '../model/iso-time.ts'
import { maxInt, wholeNumberOf } from '../model/numbers.ts'
import type { UrlParts } from './route.ts'

export interface PageRequest {
  /** null = everything. */
  readonly limit: number | null
  readonly offset: number
  /** Id of the last row of the previous page. */
  readonly marker: string | null
  readonly sortKey: string
  readonly descending: boolean
}

export interface PageRules {
  readonly maxLimit: number
  /** Default `created_at`. */
  readonly defaultSort?: string
  /** Accepted keys, wire name → column. */
  readonly sortKeys: Readonly<Record<string, string>>
  /** Another direction than asc and desc is 400 (else it means asc). Default true. */
  readonly strictDirection?: boolean
  /** `limit=0` means "as many as allowed" instead of none. */
  readonly zeroIsMax?: boolean
}

/** Stock clients send what was typed behind their `--marker` as `offset`. */
const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** 400 with the field's name for anything that isn't a page. */
export function pageRequest(query: Readonly<Record<string, string>>, rules: PageRules): PageRequest {
  const { offset = '', marker = '' } = query
  const offsetIsMarker = marker === '' && idForm.test(offset)
  const limit = wholeNumber(query, 'limit')
  const sortKey = query.sort_key ?? rules.defaultSort ?? 'created_at'
  const column = Object.hasOwn(rules.sortKeys, sortKey) ? rules.sortKeys[sortKey] : undefined
  if (column === undefined) {
    throw invalid(`sort_key must be one of ${Object.keys(rules.sortKeys).join(', ')}`)
  }
  const direction = (query.sort_dir ?? 'desc').toLowerCase()
  if (rules.strictDirection !== false && direction !== 'asc' && direction !== 'desc') {
    throw invalid('sort_dir must be asc or desc')
  }
  return {
    limit:
      limit === null
        ? null
        : limit === 0 && rules.zeroIsMax === true
          ? rules.maxLimit
          : Math.min(limit, rules.maxLimit),
    offset: offsetIsMarker ? 0 : (wholeNumber(query, 'offset') ?? 0),
    marker: offsetIsMarker ? offset : marker === '' ? null : marker,
    sortKey: column,
    descending: direction === 'desc',
  }
}

function wholeNumber(query: Readonly<Record<string, string>>, name: string): number | null {
  const text = query[name]
  if (text === undefined || text === '') return null
  const number = wholeNumberOf(text.trim())
  if (number === null) throw invalid(`${name} must be a whole number from 0 to ${maxInt}`)
  return number
}

/** `{shares_links: [{rel: next, …}]}` when a limit was given and the page is full; nothing otherwise. `last` of its `count` rows. */
export function nextLink(
  key: string,
  url: UrlParts,
  page: PageRequest,
  last: { readonly id: string } | undefined,
  count: number,
): Record<string, unknown> {
  if (page.limit === null || page.limit === 0 || last === undefined || count < page.limit) return {}
  const query = new URLSearchParams({ ...url.query, marker: last.id })
  query.delete('offset')
  return { [key]: [{ rel: 'next', href: `${url.base}/v2${url.projectPart}${url.path}?${query}` }] }
}

/** What the two links of each object of a collection begin with; its id follows. */
export function linkRoots(url: UrlParts, collection: string): { self: string; bookmark: string } {
  const tail = `${url.projectPart}/${collection}/`
  return { self: `${url.base}/v2${tail}`, bookmark: `${url.base}${tail}` }
}

/** `self` and `bookmark` links of one object. */
export function selfLinks(url: UrlParts, collection: string, id: string): { rel: string; href: string }[] {
  const { self, bookmark } = linkRoots(url, collection)
  return [
    { rel: 'self', href: self + id },
    { rel: 'bookmark', href: bookmark + id },
  ]
}

/** `all_tenants=1` and its spellings: present and empty counts as true, anything unboolean is 400. */
export function booleanQuery(
  query: Readonly<Record<string, string>>,
  ...names: readonly string[]
): boolean | null {
  for (const name of names) {
    const text = query[name]
    if (text === undefined) continue
    if (text === '' || /^(1|t|true|on|y|yes)$/i.test(text.trim())) return true
    if (/^(0|f|false|off|n|no)$/i.test(text.trim())) return false
    throw invalid(`${name} must be a boolean`)
  }
  return null
}

/** `is_public` of lists of types: `all`, or a boolean; public when it is not given. */
export function visibilityQuery(
  query: Readonly<Record<string, string | undefined>>,
): 'public' | 'private' | 'all' {
  if (query.is_public?.toLowerCase() === 'all') return 'all'
  if (query.is_public === '') throw invalid('is_public must be true, false or all')
  return booleanQuery(query as Readonly<Record<string, string>>, 'is_public') === false ? 'private' : 'public'
}

/** Pairs of one filter at most. Nobody types more; each costs the database work for every row. */
export const maxFilterPairs = 20

/**
 * A Python or JSON dict literal of strings, as clients put into `metadata` and `extra_specs` filters; 400 otherwise, and
 * above {@link maxFilterPairs}.
 */
export function dictQuery(name: string, text: string): Readonly<Record<string, string>> {
  const parsed = parseDict(text)
  if (parsed === null) throw invalid(`${name} must be a dictionary such as {'key': 'value'}`)
  const count = Object.keys(parsed).length
  if (count > maxFilterPairs) {
    throw invalid(`${name} must have at most ${maxFilterPairs} pairs; ${count} were given`)
  }
  return parsed
}

const dictToken =
  /\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(True|False|None|true|false|null)|(-?\d+(?:\.\d+)?)|([{}:,]))/y

/** A hand-made reader: the values come from strangers and must never be evaluated. */
function parseDict(text: string): Record<string, string> | null {
  const tokens: { punctuation: string | null; value: string }[] = []
  dictToken.lastIndex = 0
  const trimmed = text.trim().slice(0, 8192)
  while (dictToken.lastIndex < trimmed.length) {
    // u'…' is what Python 2 wrote.
    if (/\s*u(?=['"])/y.test(trimmed.slice(dictToken.lastIndex))) {
      dictToken.lastIndex += trimmed.slice(dictToken.lastIndex).indexOf('u') + 1
    }
    const match = dictToken.exec(trimmed)
    if (match === null) return null
    const [, quoted, word, number, punctuation] = match
    const value = quoted !== undefined ? unquote(quoted) : (word ?? number ?? '')
    tokens.push({ punctuation: punctuation ?? null, value })
  }
  if (tokens[0]?.punctuation !== '{' || tokens.at(-1)?.punctuation !== '}') return null
  const dict: Record<string, string> = {}
  const inner = tokens.slice(1, -1)
  for (let at = 0; at < inner.length; at += 4) {
    const [key, colon, value, comma] = inner.slice(at, at + 4)
    if (key === undefined || key.punctuation !== null || colon?.punctuation !== ':') return null
    if (value === undefined || value.punctuation !== null) return null
    if (comma !== undefined && comma.punctuation !== ',') return null
    dict[key.value] = value.value
  }
  return dict
}

const unquote = (quoted: string): string => quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1')

/** A time in a query, microseconds; undefined when it is absent or empty, 400 when it is none. */
export function stampQuery(
  query: Readonly<Record<string, string | undefined>>,
  name: string,
): number | undefined {
  const text = query[name]
  if (text === undefined || text === '') return undefined
  const micros = microsFromIso(text)
  if (micros === null) throw invalid(`${name} must be a time such as 2026-01-31T12:00:00`)
  return micros
}

/** Of a query's `id`, given several times or with commas: each once, `most` of them at most. */
export function idList(text: string, most: number): string[] {
  const ids = [...new Set(text.split(','))].filter((id) => id !== '')
  if (ids.length === 0) throw invalid('id must not be empty')
  if (ids.length > most) throw invalid(`id may be given ${most} times at most; ${ids.length} were given`)
  if (ids.some((id) => id.length > 64)) throw invalid('id must have at most 64 characters')
  return ids
}
