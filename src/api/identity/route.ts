/** What a route of the identity face is, and what its handler is given. */
import type { TSchema } from 'typebox'
import type { IdentityFace } from '../../auth/identity-face.ts'
import type { ValidToken } from '../../auth/validator.ts'
import { fault } from '../../model/errors.ts'
import type { Identity } from '../../model/identity.ts'
import type { Policy } from '../../policy/enforce.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { ProxyTrust } from '../addresses.ts'
import type { Audit } from '../audited.ts'

export interface IdentityParts {
  readonly auth: IdentityFace
  readonly policy: Policy
  readonly clock: Clock
  /** Base of the URLs in links and the catalog, without `/identity`; '' = where the request arrived. */
  readonly publicUrl: string
  /** Whose `X-Forwarded-*` are believed; absent = nobody's. */
  readonly trust?: ProxyTrust
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

/** A collection in Keystone's frame. `rows` may hold one more than asked for, which says the list was cut. */
export function collection(
  call: Call,
  name: string,
  path: string,
  rows: readonly object[],
  limit: number,
): Answer {
  const truncated = rows.length > limit
  return {
    status: 200,
    body: {
      [name]: truncated ? rows.slice(0, limit) : rows,
      links: { self: `${call.v3}${path}`, previous: null, next: null },
      ...(truncated ? { truncated: true } : {}),
    },
  }
}

/** Rows one list answers at most. */
export const maxRows = 10_000

export function limitOf(query: Readonly<Record<string, string>>): number {
  const { limit } = query
  return limit === undefined ? maxRows : Math.min(maxRows, Number(limit))
}

/** Keystone reads every text but these as true. */
export const truthOf = (text: string): boolean => !['0', 'false', 'no', 'off'].includes(text.toLowerCase())

/** `{ name }` when it is given: filters with absent keys left out. */
export function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}
