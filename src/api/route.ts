/**
 * Binds handlers to the endpoints of `wire/` and proves at start that the table is sound: version ranges of one method and
 * path must not overlap, every action belongs to a path of its own kind, every rule exists.
 */
import type { TSchema } from 'typebox'
import type { Ctx } from '../app/context.ts'
import type { Change } from '../wire/changes.ts'
import { existsAt, type ActionPair, type BodyOf, type Endpoint, type QueryOf } from '../wire/endpoint.ts'
import { maxMinor } from '../model/version.ts'

/** What a handler is given besides `ctx`. */
export interface Input<E> {
  readonly params: Readonly<Record<string, string>>
  readonly query: QueryOf<E> & Readonly<Record<string, string>>
  readonly body: BodyOf<E>
  readonly url: UrlParts
  /** Of whoever asks, by the trusted proxies; null when nobody can tell. */
  readonly address: string | null
  /** The request may ask for what is experimental at its microversion. */
  readonly experimental: boolean
}

/** What links are made of. */
export interface UrlParts {
  /** `http://host:port`, no slash at the end. */
  readonly base: string
  /** `/<project id>` when the request's URL had it, else ''. */
  readonly projectPart: string
  /** The request's path below `/v2`, project part removed. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

/** A reply body, or {@link Reply} to choose another status. */
export type Handler<E> = (ctx: Ctx, input: Input<E>) => Promise<unknown>

/** Another success status than the endpoint's. */
export class Reply {
  readonly status: number
  readonly body: unknown
  /** Sentences for the header `Warning`: old clients pass it over. */
  warnings: readonly string[] = []
  constructor(status: number, body: unknown) {
    this.status = status
    this.body = body
  }
}

export interface Route {
  readonly endpoint: Endpoint
  readonly handler: Handler<Endpoint>
  /** History of the resource: lifts the body and gives the flags. */
  readonly changes: readonly Change[]
  /** Wrapper key whose value is lifted (`share` in `{share: {…}}`); null when the body is not wrapped. */
  readonly wrapper: string | null
  /** It mostly waits for another service, and must not keep the project's other requests waiting. */
  readonly waits: boolean
}

/** Declares a route. Handlers are one line into `app`, plus the view. */
export function route<Q extends TSchema, B extends TSchema, R extends TSchema>(
  endpoint: Endpoint<Q, B, R>,
  options: {
    readonly changes?: readonly Change[]
    readonly wrapper?: string | null
    readonly waits?: boolean
  },
  handler: Handler<Endpoint<Q, B, R>>,
): Route {
  return {
    endpoint: endpoint as unknown as Endpoint,
    handler: handler as Handler<Endpoint>,
    changes: options.changes ?? [],
    wrapper: options.wrapper ?? null,
    waits: options.waits ?? false,
  }
}

/** The same handler under an action's present and legacy name. */
export function actionRoutes<B extends TSchema>(
  { now, before }: ActionPair<B>,
  changes: readonly Change[],
  handler: Handler<Endpoint<TSchema, B, TSchema>>,
): Route[] {
  return [now, ...(before === null ? [] : [before])].map((one) => route(one, { changes }, handler))
}

/** Throws with a sentence when two routes could answer the same request. */
export function proveTable(routes: readonly Route[], ruleExists: (rule: string) => boolean): void {
  const ids = new Set<string>()
  for (const { endpoint } of routes) {
    if (ids.has(endpoint.id)) throw new Error(`two endpoints are called ${endpoint.id}`)
    ids.add(endpoint.id)
    if (endpoint.policy !== null && !ruleExists(endpoint.policy)) {
      throw new Error(`${endpoint.id} names the policy rule ${endpoint.policy}, which does not exist`)
    }
  }
  const groups = Map.groupBy(routes, ({ endpoint: e }) => `${e.method} ${e.path} ${e.action ?? ''}`)
  for (const [name, group] of groups) {
    for (let minor = 0; minor <= maxMinor; minor++) {
      const there = group.filter(({ endpoint }) => existsAt(endpoint, minor))
      if (there.length > 1) {
        throw new Error(`${name}: ${there.map((r) => r.endpoint.id).join(' and ')} both exist at 2.${minor}`)
      }
    }
  }
}
