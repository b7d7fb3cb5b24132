/** Walks through a list page by page. */
import type { TSchema } from 'typebox'
import type { Endpoint, ReplyOf } from '../wire/endpoint.ts'
import type { CallInput, Client, QueryInput } from './client.ts'

/** Rows per request; servers may give fewer. */
export const defaultPageSize = 500

type RowOf<E, Key extends PropertyKey> = Key extends keyof ReplyOf<E>
  ? ReplyOf<E>[Key] extends readonly (infer Row)[]
    ? Row
    : never
  : never

export interface PagesInput<E> {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: QueryInput<E>
  /** Default {@link defaultPageSize}. */
  readonly pageSize?: number
}

/**
 * Every row of a list, in the server's order, one request per page. Goes on by `marker`; a server that ignores it, as the
 * original does on most lists, gives the same page again: then it goes on by `offset`.
 *
 * @example
 * for await (const share of pages(client, listSharesDetail, 'shares', { query: { status: 'error' } })) …
 */
export async function* pages<Q extends TSchema, B extends TSchema, R extends TSchema, Key extends string>(
  client: Client,
  endpoint: Endpoint<Q, B, R>,
  key: Key,
  input: PagesInput<Endpoint<Q, B, R>> = {},
): AsyncGenerator<RowOf<Endpoint<Q, B, R>, Key>> {
  type Row = { readonly id: string }
  const limit = input.pageSize ?? defaultPageSize
  const list = endpoint as unknown as Endpoint
  let position: Readonly<Record<string, string | number>> = {}
  let previous: ReadonlySet<string> = new Set()
  let byOffset = false
  let given = 0
  for (;;) {
    const query = { ...input.query, ...position, limit }
    const call = { ...(input.params === undefined ? {} : { params: input.params }), query }
    const reply = (await client.call(list, call as CallInput<Endpoint>)) as Readonly<Record<string, unknown>>
    const rows = (reply[key] ?? []) as readonly Row[]
    const first = rows[0]
    const last = rows.at(-1)
    if (first === undefined || last === undefined) return
    if (previous.has(first.id)) {
      if (byOffset) return // neither is understood: this is all there is
      byOffset = true
      position = { offset: given }
      continue
    }
    yield* rows as readonly never[]
    given += rows.length
    const linked = Object.entries(reply).some(([name, value]) => name.endsWith('_links') && isFull(value))
    if (!linked && rows.length < limit) return
    previous = new Set(rows.map(({ id }) => id))
    position = byOffset ? { offset: given } : { marker: last.id }
  }
}

const isFull = (links: unknown): boolean => Array.isArray(links) && links.length > 0
