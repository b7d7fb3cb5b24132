/** What a route of the identity face is, and what its handler is given. */
import type { TSchema } from 'typebox'
import type { IdentityFace } from '../../auth/identity-face.ts'
import type { ValidToken } from '../../auth/validator.ts'
import type { NamedFilter, NamedPlace, NamePart } from '../../db/store/names.ts'
import { fault, invalid } from '../../model/errors.ts'
import type { Identity } from '../../model/identity.ts'
import type { Policy } from '../../policy/enforce.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Audit } from '../audited.ts'

export interface IdentityParts {
  readonly auth: IdentityFace
  readonly policy: Policy
  readonly clock: Clock
  readonly region?: string
  /** Milliseconds that the statements of one call may take together. */
  readonly statementsMs?: number
  /** Where it is written down who did what; absent = nowhere. */
  readonly audit?: Audit
}

export interface Call {
  readonly parts: IdentityParts
  /** Of the X-Auth-Token. Reading it in an `open` route is a mistake and throws. */
  readonly token: ValidToken
  /** X-Subject-Token, if any. */
  readonly subject: string | null
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** Fits the route's schema. */
  readonly body: never
  /** Client's IP address. */
  readonly address: string
  /** `http://host:port`, no slash at the end. */
  readonly base: string
  /** URL of this face's version 3: `<base>/identity/v3`. */
  readonly v3: string
}

export interface Answer {
  readonly status: number
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** Who has logged in; not sent. */
  readonly loggedIn?: Identity
}

export interface IdentityRoute {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the prefix, with `:name` for parameters. */
  readonly path: string
  /** `open`: no token. `token`: any valid one; the handler decides. `admin`: an administrator's, scoped to a project. */
  readonly access: 'open' | 'token' | 'admin'
  readonly query?: TSchema
  readonly body?: TSchema
  readonly handler: (call: Call) => Promise<Answer> | Answer
}

export const isAdmin = ({ parts, token }: Call): boolean =>
  parts.policy.check('context_is_admin', token.standing.identity)

/** Lets the account itself and administrators pass. */
export function ownerOrAdmin(call: Call, userId: string): void {
  if (call.token.standing.user.id !== userId && !isAdmin(call)) throw fault('Forbidden')
}

/**
 * A collection in Keystone's frame. `rows` may hold one more than asked for, which says the list was cut; where the list goes on
 * after a `marker`, the link `next` says how. `isCut`: there are more than in `rows`.
 */
export function collection(
  call: Call,
  name: string,
  path: string,
  rows: readonly object[],
  limit: number,
  { goesOn = false, isCut = false }: { readonly goesOn?: boolean; readonly isCut?: boolean } = {},
): Answer {
  const truncated = isCut || rows.length > limit
  const page = rows.slice(0, limit)
  const last = page.at(-1) as { readonly id?: string } | undefined
  const next =
    truncated && goesOn && last?.id !== undefined
      ? `${call.v3}${path}?${new URLSearchParams({ ...call.query, marker: last.id })}`
      : null
  return {
    status: 200,
    body: {
      [name]: page,
      links: { self: `${call.v3}${path}`, previous: null, next },
      ...(truncated ? { truncated: true } : {}),
    },
  }
}

/** Which names, and from where on: of a query `name`, `name__contains` and its like, `limit` and `marker`. */
export async function namedQuery(
  { query }: Call,
  find: (id: string) => Promise<NamedPlace | null>,
): Promise<NamedFilter> {
  const nameParts = Object.entries(query).flatMap(([key, text]): NamePart[] => {
    const match = namePartKeys.get(key)
    return match === undefined ? [] : [{ match, text }]
  })
  const { marker } = query
  const after = marker === undefined ? null : await find(marker)
  if (marker !== undefined && after === null) throw invalid('marker must be the id of one that the list has')
  return {
    ...given('name', query.name),
    ...(nameParts.length === 0 ? {} : { nameParts }),
    ...(after === null ? {} : { after: { name: after.name, id: after.id } }),
    limit: limitOf(query) + 1,
  }
}

/** Keystone's names for ways to compare; those with and without regard to letter case are the same here, as with MySQL there. */
const namePartKeys: ReadonlyMap<string, NamePart['match']> = new Map([
  ['name__contains', 'contains'],
  ['name__icontains', 'contains'],
  ['name__startswith', 'startswith'],
  ['name__istartswith', 'startswith'],
  ['name__endswith', 'endswith'],
  ['name__iendswith', 'endswith'],
  ['name__iexact', 'is'],
])

/** Rows one list answers at most. */
export const maxRows = 10_000

export function limitOf(query: Readonly<Record<string, string>>): number {
  const { limit } = query
  return limit === undefined ? maxRows : Math.min(maxRows, Number(limit))
}

/** Keystone reads every text but these as true. */
export const truthOf = (text: string): boolean => !['0', 'false', 'no', 'off'].includes(text.toLowerCase())

/** A flag of the query: its bare presence means yes. */
export const isOn = (text: string | undefined): boolean => text !== undefined && truthOf(text)

/** What is done and has nothing to show. */
export async function done(work: Promise<unknown>): Promise<Answer> {
  await work
  return { status: 204 }
}

/** `{ name }` when it is given: filters with absent keys left out. */
export function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}
