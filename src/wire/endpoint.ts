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
  /** A POST that only asks: it changes nothing, may be repeated, and is no change in the audit trail or among a project's changes. */
  readonly asks?: boolean
  /** Status of success. */
  readonly status: 200 | 201 | 202 | 204
  readonly query?: Query
  /** Parameters of the query that may come several times; the handler is given their values joined by commas. Of others the last one counts. */
  readonly repeated?: readonly string[]
  readonly body?: Body
  readonly reply?: Reply
  /** `application/json` unless said. */
  readonly replyType?: 'text/event-stream'
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

/** An action under its present name and, up to 2.6, under its `os-` name; `before` is null for younger actions. */
export interface ActionPair<Body extends TSchema = TSchema> {
  readonly now: Endpoint<TSchema, Body, TSchema>
  readonly before: Endpoint<TSchema, Body, TSchema> | null
}

/** Declares `POST <collection>/:id/action {<name>: …}`. With `legacy` it existed before 2.7 as `os-<name>`. */
export function action<Body extends TSchema>(
  collection: string,
  name: string,
  contract: Pick<
    Endpoint<TSchema, Body, TSchema>,
    'id' | 'policy' | 'body' | 'summary' | 'since' | 'experimental' | 'reply'
  > & {
    readonly legacy?: boolean
    readonly status?: 200 | 202
  },
): ActionPair<Body> {
  const { legacy, since, status, ...rest } = contract
  const common = {
    ...rest,
    method: 'POST' as const,
    path: `${collection}/:id/action`,
    status: status ?? 202,
  } as const
  const now = endpoint<TSchema, Body, TSchema>({
    ...common,
    action: name,
    since: legacy === true ? 7 : (since ?? 7),
  })
  if (legacy !== true) return { now, before: null }
  const older = { ...common, id: `${rest.id}Legacy`, action: `os-${name}`, since: since ?? 0, until: 6 }
  return { now, before: endpoint<TSchema, Body, TSchema>(older) }
}
