/** Every route × every range of microversions × every persona × whose object: what to ask, and what must be answered. */
import type { Route } from '../../../src/api/route.ts'
import { maxMinor } from '../../../src/model/version.ts'
import { existsAt } from '../../../src/wire/endpoint.ts'
import { personas, type Persona } from './cast.ts'
import type { Nouns, Target } from './furniture.ts'
import { relationOf } from './rules.ts'
import type { Row } from './row.ts'
import type { Ask } from './world.ts'

/** One question and its right answer. */
export interface Cell {
  readonly row: Row
  readonly as: Persona
  readonly target: Target | null
  readonly minor: number | null
  readonly experimental: boolean
  readonly expected: number
}

/** Nouns that are each project's own. */
const owned =
  /\{(project|access_rule|share|share_group|empty_group|group_snapshot|group_type|instance|location|rule|snapped|snapshot\w*|binned|lock|message|type|operation|failed|user|credential|token)\}/

const textOf = ({ path, query, body, subject }: Row): string =>
  `${path}${query}${JSON.stringify(body) ?? ''}${subject === null ? '' : `{${subject}}`}`

/** Whose objects the row is asked about. */
export function targetsOf(row: Row): readonly (Target | null)[] {
  const text = textOf(row)
  if (!owned.test(text)) return [null]
  const visible = row.method === 'GET' || !/^\/(share_instances|os-share-unmanage)/.test(row.path)
  return /\{(share|rule)\}/.test(text) && visible ? ['p', 'q', 'public'] : ['p', 'q']
}

/** Rows that share method, path and action, as the router has them. */
export const nameOf = ({ method, path, action }: Pick<Row, 'method' | 'path' | 'action'>): string =>
  `${method} ${plain(path)}${action === null ? '' : ` ${action}`}`

/** A path with its parameters taken out: `/shares/:x`. What a row names in words may be a parameter too. */
export const plain = (path: string): string =>
  path
    .replaceAll(/\{\w+\}|:\w+/g, ':x')
    .replace(/\/(metadata|extra_specs|group-specs|tags)\/(k|another)$/, '/$1/:x')
    .replace('/regions/another', '/regions/:x')
    .replace(/^\/((os-)?quota-class-sets)\/default/, '/$1/:x')
    .replace('/extensions/anything', '/extensions/:x')

/** Minors to ask a row at: both ends of where it is, its neighbours, and wherever its resource changes. */
export function minorsOf(row: Row, routes: readonly Route[]): readonly (number | null)[] {
  const { since, until } = row
  if (since === null || until === null) return [null]
  const changes = routes
    .filter(({ endpoint: e }) => nameOf({ ...e, action: e.action ?? null }) === nameOf(row))
    .flatMap((route) => route.changes.map((change) => change.since))
    .filter((minor) => minor > since && minor < until)
  const ends = [since - 1, since, until, until + 1, ...(row.experimental ?? []).flatMap((m) => [m, m + 1])]
  return [...new Set([...ends, ...changes])]
    .filter((minor) => minor >= 0 && minor <= maxMinor)
    .toSorted((a, b) => a - b)
}

/** All of them. */
export function cellsOf(rows: readonly Row[], routes: readonly Route[]): Cell[] {
  const cells: Cell[] = []
  for (const row of rows) {
    const family = rows.filter((one) => nameOf(one) === nameOf(row))
    for (const minor of minorsOf(row, routes)) {
      const at = minor === null ? row : family.find((one) => lives(one, minor))
      // Another row of the same name answers there, and asks there.
      if (at !== undefined && at !== row) continue
      for (const target of targetsOf(row))
        for (const as of personas)
          for (const experimental of headers(row, minor)) {
            const there = at !== undefined && (experimental || !isExperimental(row, minor))
            const expected = there ? verdictOf(row, as, target) : absent(as)
            cells.push({ row, as, target, minor, experimental, expected })
          }
    }
  }
  return cells
}

/** Where nothing is, whoever has a token is told so. */
const absent = (as: Persona): number => (as === 'nobody' ? 401 : 404)

const lives = ({ since, until }: Row, minor: number): boolean =>
  minor >= (since ?? 0) && minor <= (until ?? maxMinor)

const isExperimental = ({ experimental }: Row, minor: number | null): boolean =>
  experimental !== null && minor !== null && minor >= experimental[0] && minor <= experimental[1]

const headers = (row: Row, minor: number | null): readonly boolean[] =>
  isExperimental(row, minor) ? [false, true] : [false]

/** What the table says. */
export function verdictOf(row: Row, as: Persona, target: Target | null): number {
  const verdict = row.rule.verdict(as, relationOf(as, target), target ?? 'p', row.foreign)
  return verdict === 'ok' ? row.ok : verdict
}

/** The request of a cell. */
export function askOf({ row, as, minor, experimental }: Cell, nouns: Nouns): Ask {
  const filled = (text: string): string =>
    text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = nouns[name]
      if (value === undefined) throw new Error(`${row.path}: there is no noun ${name}`)
      return encodeURIComponent(value)
    })
  return {
    as,
    method: row.method,
    path: `${row.since === null ? '' : '/v2'}${filled(row.path + row.query)}`,
    minor,
    experimental,
    body: row.body === undefined ? undefined : JSON.parse(filledBody(row.body, nouns)),
    subject: row.subject === null ? null : (nouns[row.subject] ?? null),
    endless: row.endless && row.rule.verdict(as, 'own', 'p', 0) === 'ok',
  }
}

/** Nouns in a body are whole strings: `"{share}"`. */
const filledBody = (body: unknown, nouns: Nouns): string =>
  JSON.stringify(body).replaceAll(/"\{(\w+)\}"/g, (_, name: string) => JSON.stringify(nouns[name]))

/** Routes of the code at minors at which no row asks for them, and what is registered outside of `/v2` and has no row. */
export function unasked(
  rows: readonly Row[],
  routes: readonly Route[],
  registered: readonly string[],
): string[] {
  const missing = routes.flatMap(({ endpoint: e }) => {
    const name = nameOf({ ...e, action: e.action ?? null })
    const family = rows.filter((one) => one.since !== null && nameOf(one) === name)
    const minors = Array.from({ length: maxMinor + 1 }, (_, minor) => minor).filter(
      (minor) => existsAt(e, minor) && !family.some((one) => lives(one, minor)),
    )
    return minors.length === 0 ? [] : [`${name} at 2.${minors[0]} to 2.${minors.at(-1)}`]
  })
  const bare = (path: string): string => (path === '/' ? path : path.replace(/\/+$/, ''))
  const known = new Set(
    rows
      .filter(({ since }) => since === null)
      .map(({ method, path, action }) => nameOf({ method, path: bare(path), action })),
  )
  const elsewhere = registered
    .map((line) => {
      const [method = '', path = ''] = line.split(' ')
      return nameOf({ method, path: bare(path), action: null })
    })
    .filter((name) => !/ \/v2\/./.test(name) && !known.has(name))
  return [...new Set([...missing, ...elsewhere])]
}
