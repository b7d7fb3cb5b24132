/**
 * The typed client: every call is an endpoint of `wire/` with its parameters, query and body, and gives that endpoint's
 * reply. It wraps actions, speaks the negotiated microversion, renews the token once on 401, repeats what may be
 * repeated, and turns every failure into one {@link ApiError}.
 *
 * It promises to send nothing twice that could happen twice: GETs are repeated, POSTs only where the server announces that
 * it keeps `Idempotency-Key`. It refuses to know what a share is; that is `wire/`'s.
 *
 * Runs in Node and in browsers; `connect.ts` builds it from files and environment in Node.
 *
 * @example
 * const client = await connect({ cloud: 'manila-demo' })
 * const { share } = await client.call(createShare, { body: { share: { share_proto: 'NFS', size: 1 } } })
 * await client.act(extendShare, { params: { id: share.id }, body: { new_size: 2 } })
 */
import type { TSchema } from 'typebox'
import { listCapabilities } from '../wire/capabilities/schema.ts'
import {
  existsAt,
  isExperimentalAt,
  type ActionPair,
  type BodyOf,
  type Endpoint,
  type QueryOf,
  type ReplyOf,
} from '../wire/endpoint.ts'
import { ApiError, localError } from './api-error.ts'
import { exchange, openStream, type Answer, type Wire } from './exchange.ts'
import { identityUrl } from './keystone.ts'
import { withRetry, type RetryPolicy } from './retry.ts'
import { rootOf, type ServerVersions } from './microversion.ts'
import type { TokenSource } from './token-source.ts'

export const versionHeader = 'x-openstack-manila-api-version'
export const experimentalHeader = 'x-openstack-manila-api-experimental'

type Scalar = string | number | boolean | undefined

/** Known fields by name, and any other: filters of lists are open. undefined is left out. */
export type QueryInput<E> = Readonly<Partial<Record<keyof QueryOf<E> & string, Scalar>>> &
  Readonly<Record<string, Scalar>>

/** A body is asked for only where the endpoint takes one. */
export type CallInput<E> = {
  /** Values of the `:names` in the path. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: QueryInput<E>
  /** For POST; made anew for every call when absent. Repeat a call with the same key and it happens once. */
  readonly idempotencyKey?: string
  readonly timeoutMs?: number
} & (unknown extends BodyOf<E> ? { readonly body?: unknown } : { readonly body: BodyOf<E> })

export interface ClientParts {
  /** Up to and with `/v2` (and the project, where the catalog has it). */
  readonly endpoint: string
  /** N of `2.N`: what is spoken. */
  readonly minor: number
  readonly server: ServerVersions
  readonly tokens: TokenSource
  readonly wire: Wire
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  readonly newKey: () => string
  /** Keystone's URL in any spelling; absent where none was needed to connect. */
  readonly authUrl?: string
}

export class Client {
  readonly endpoint: string
  readonly minor: number
  readonly server: ServerVersions
  readonly tokens: TokenSource
  readonly #parts: ClientParts
  #capabilities: Promise<ReadonlySet<string>> | null = null

  constructor(parts: ClientParts) {
    this.endpoint = parts.endpoint
    this.minor = parts.minor
    this.server = parts.server
    this.tokens = parts.tokens
    this.#parts = parts
  }

  /** Calls an endpoint. Throws {@link ApiError}. */
  async call<Q extends TSchema, B extends TSchema, R extends TSchema>(
    endpoint: Endpoint<Q, B, R>,
    ...[input]: unknown extends BodyOf<Endpoint<Q, B, R>>
      ? [input?: CallInput<Endpoint<Q, B, R>>]
      : [input: CallInput<Endpoint<Q, B, R>>]
  ): Promise<ReplyOf<Endpoint<Q, B, R>>> {
    return (await this.#run(endpoint as unknown as Endpoint, (input ?? {}) as CallInput<Endpoint>)) as never
  }

  /** Runs an action under the name it has at this microversion. Throws {@link ApiError}. */
  async act<B extends TSchema>(
    { now, before }: ActionPair<B>,
    input: CallInput<Endpoint<TSchema, B, TSchema>>,
  ): Promise<unknown> {
    const endpoint = before !== null && existsAt(before, this.minor) ? before : now
    return this.#run(endpoint as unknown as Endpoint, input as CallInput<Endpoint>)
  }

  /** Opens a stream of events; `lastEventId` says behind which one. Not repeated: see `events.ts`. Throws {@link ApiError}. */
  async open<Q extends TSchema>(
    endpoint: Endpoint<Q>,
    input: {
      readonly query?: QueryInput<Endpoint<Q>>
      readonly lastEventId: string | null
      readonly signal: AbortSignal
    },
  ): Promise<ReadableStream<Uint8Array>> {
    const { wire, timeoutMs } = this.#parts
    const url = `${this.endpoint}${pathOf(endpoint, {})}${queryText(input.query ?? {})}`
    return this.#authorized((token) =>
      openStream(wire, {
        url,
        headers: {
          [versionHeader]: `2.${this.minor}`,
          'x-auth-token': token,
          ...(input.lastEventId === null ? {} : { 'last-event-id': input.lastEventId }),
        },
        timeoutMs,
        signal: input.signal,
      }),
    )
  }

  /** The first of several spellings of one endpoint that exists at this microversion. */
  pick<E extends Pick<Endpoint, 'since' | 'until'>>(newest: E, ...older: readonly E[]): E {
    return [newest, ...older].find((one) => existsAt(one, this.minor)) ?? newest
  }

  /** GETs a page beside the API, such as `healthcheck`, with the caller's token. Throws {@link ApiError}. */
  async besideApi(path: string, accept: readonly number[] = []): Promise<Answer> {
    const { wire, timeoutMs } = this.#parts
    const url = `${rootOf(this.endpoint)}${path}`
    const get = (token: string) =>
      exchange(wire, { method: 'GET', url, headers: { 'x-auth-token': token }, timeoutMs, accept })
    return this.#authorized(get)
  }

  /**
   * Asks Keystone, with the caller's token; `path` is below `/v3`, a GET unless told otherwise. Sent once: what may have been done is not
   * done again. Null when its URL is not known. Throws {@link ApiError}.
   */
  async atIdentity(
    path: string,
    { method = 'GET', body }: { readonly method?: string; readonly body?: unknown } = {},
  ): Promise<Answer | null> {
    const { authUrl, wire, timeoutMs } = this.#parts
    if (authUrl === undefined) return null
    const url = `${identityUrl(authUrl)}${path}`
    const ask = (token: string) =>
      exchange(wire, {
        method,
        url,
        headers: { 'x-auth-token': token },
        ...(body === undefined ? {} : { body }),
        timeoutMs,
      })
    return this.#authorized(ask)
  }

  /** Whether the server has one of the abilities beyond Manila that `GET /v2/capabilities` names. Asked once. */
  async has(capability: string): Promise<boolean> {
    return (await this.capabilities()).has(capability)
  }

  /** All of them; empty for a server that knows of none. Asked once. */
  capabilities(): Promise<ReadonlySet<string>> {
    return (this.#capabilities ??= this.#askCapabilities())
  }

  async #askCapabilities(): Promise<ReadonlySet<string>> {
    try {
      const { capabilities } = await this.call(listCapabilities)
      return new Set(capabilities.map(({ name }) => name))
    } catch (error) {
      if (error instanceof ApiError && [403, 404].includes(error.status)) return new Set()
      // Not known this time: ask again next time.
      this.#capabilities = null
      throw error
    }
  }

  async #run(endpoint: Endpoint, input: CallInput<Endpoint>): Promise<unknown> {
    const { minor } = this
    const name = `${endpoint.method} ${endpoint.path}`
    if (!existsAt(endpoint, minor)) {
      const range =
        endpoint.until === undefined
          ? `2.${endpoint.since ?? 0} or later`
          : `2.${endpoint.since ?? 0} to 2.${endpoint.until}`
      throw localError(
        'notAtThisVersion',
        name,
        `${endpoint.id} needs API version ${range}; this connection speaks 2.${minor}.`,
      )
    }
    const repeatable = endpoint.method === 'GET' || endpoint.asks === true
    const key =
      endpoint.method === 'POST' && !repeatable ? (input.idempotencyKey ?? this.#parts.newKey()) : null
    const headers: Record<string, string> = { [versionHeader]: `2.${minor}` }
    if (isExperimentalAt(endpoint, minor)) headers[experimentalHeader] = 'true'
    if (key !== null) headers['idempotency-key'] = key
    const url = `${this.endpoint}${pathOf(endpoint, input.params ?? {})}${queryText(input.query ?? {})}`
    const body =
      endpoint.action === undefined
        ? input.body
        : { [endpoint.action]: input.body === undefined ? null : input.body }
    const { body: reply } = await withRetry(
      this.#parts.retry,
      () =>
        this.#authorized((token) =>
          exchange(this.#parts.wire, {
            method: endpoint.method,
            url,
            headers: { ...headers, 'x-auth-token': token },
            ...(body === undefined ? {} : { body }),
            timeoutMs: input.timeoutMs ?? this.#parts.timeoutMs,
          }),
        ),
      async () => repeatable || (key !== null && (await this.#keepsKeys())),
    )
    return reply
  }

  /** A 401 is answered before anything happens, so one more try with a new token is safe for every method. */
  async #authorized<T>(send: (token: string) => Promise<T>): Promise<T> {
    const token = await this.tokens.current()
    try {
      return await send(token)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
      const fresh = await this.tokens.renewed(token)
      if (fresh === null) throw error
      return send(fresh)
    }
  }

  /** While the server can't be asked, the answer is no. */
  async #keepsKeys(): Promise<boolean> {
    try {
      return await this.has('idempotency-key')
    } catch {
      return false
    }
  }
}

/** `/shares/:id` with its values in place. An empty value would ask for another path, so it is refused. */
export function pathOf(
  { path, method }: Pick<Endpoint, 'path' | 'method'>,
  params: Readonly<Record<string, string>>,
): string {
  return path.replaceAll(/:(\w+)/g, (_all, name: string) => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined
    if (value === undefined || value === '' || value === '.' || value === '..') {
      throw localError('badSettings', `${method} ${path}`, `${name} must be given.`)
    }
    return encodeURIComponent(value)
  })
}

function queryText(query: Readonly<Record<string, Scalar>>): string {
  const sent = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) sent.set(name, String(value))
  }
  return sent.size === 0 ? '' : `?${sent}`
}
