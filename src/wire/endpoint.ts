/**
 * The contract of one route, as data: where it is, at which microversions, what it takes and gives, which policy rule
 * guards it. The API binds handlers to these, the OpenAPI documents are printed from them, and the SDK's types are
 * inferred from them: one source, three readers.
 *
 * `wire/` is pure: no I/O, no statuses decided here, nothing about databases.
 */
import type { Static, TSchema } from 'typebox'

export interface Endpoint<
  Query extends TSchema = TSchema,
  Body extends TSchema = TSchema,
  Reply extends TSchema = TSchema,
> {
  /** Unique; the SDK's method name and OpenAPI's operationId. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `/v2`, parameters as `:id`. */
  readonly path: string
  /** First minor at which it exists; 0 unless said. */
  readonly since?: number
  /** Last minor at which it exists. */
  readonly until?: number
  /** Minors at which it answers only to `X-OpenStack-Manila-API-Experimental: true`, as `[first, last]`. */
  readonly experimental?: readonly (readonly [number, number])[]
  /** For `POST …/action`: the key of the body; `body` is then the schema of its value. */
  readonly action?: string
  /** Rule checked before the handler, against the caller's own project; null only where Manila has none. */
  readonly policy: string | null
  /** Status of success. */
  readonly status: 200 | 201 | 202 | 204
  readonly query?: Query
  readonly body?: Body
  readonly reply?: Reply
  /** One sentence for the documents. */
  readonly summary: string
}

/** Declares an endpoint and keeps its types. */
export function endpoint<
  Query extends TSchema = TSchema,
  Body extends TSchema = TSchema,
  Reply extends TSchema = TSchema,
>(contract: Endpoint<Query, Body, Reply>): Endpoint<Query, Body, Reply> {
  return contract
}

export type BodyOf<E> = E extends Endpoint<TSchema, infer Body, TSchema> ? Static<Body> : never
export type QueryOf<E> = E extends Endpoint<infer Query, TSchema, TSchema> ? Static<Query> : never
export type ReplyOf<E> = E extends Endpoint<TSchema, TSchema, infer Reply> ? Static<Reply> : never

export const existsAt = (e: Pick<Endpoint, 'since' | 'until'>, minor: number): boolean =>
  minor >= (e.since ?? 0) && minor <= (e.until ?? Number.POSITIVE_INFINITY)

export const isExperimentalAt = (e: Pick<Endpoint, 'experimental'>, minor: number): boolean =>
  (e.experimental ?? []).some(([first, last]) => minor >= first && minor <= last)
