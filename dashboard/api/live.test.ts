/** The tab that follows, the others that are told, and all of them while nobody follows. */
import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Client } from '../../src/sdk/client.ts'
import { Live } from './live.ts'
import { listKey, oneKey } from './reads.ts'

/** A stream that the test speaks into. */
class Stream {
  #send: ReadableStreamDefaultController<Uint8Array> | null = null
  readonly body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#send = controller) })
  say(event: string, data: object, id?: string): void {
    const lines = [
      `event: ${event}`,
      ...(id === undefined ? [] : [`id: ${id}`]),
      `data: ${JSON.stringify(data)}`,
      '',
      '',
    ]
    this.#send?.enqueue(new TextEncoder().encode(lines.join('\n')))
  }
  end(): void {
    this.#send?.close()
  }
}

const share = (id: string) => ({
  event: 'share.status',
  resource_type: 'share',
  resource_id: id,
  project_id: 'p',
  status: 'available',
  request_id: null,
  operation_id: null,
  created_at: '2026-11-27T00:00:00.000000',
})

let queries: QueryClient
let read: string[]
let streams: Stream[]
let client: Client
let ends: (() => void)[]

beforeEach(() => {
  ends = []
  read = []
  streams = []
  queries = new QueryClient()
  vi.spyOn(queries, 'invalidateQueries').mockImplementation((filters) => {
    for (const query of queries.getQueryCache().findAll(filters as never)) read.push(query.queryHash)
    return Promise.resolve()
  })
  for (const key of [listKey('shares'), oneKey('shares', 'a'), oneKey('shares', 'b'), listKey('types')])
    queries.setQueryData(key, 1)
  client = {
    open: () => {
      const stream = new Stream()
      streams.push(stream)
      return Promise.resolve(stream.body)
    },
  } as unknown as Client
})
afterEach(() => {
  for (const end of ends) end()
  queries.clear()
  vi.restoreAllMocks()
})

const begin = (abilities: readonly string[] = ['events']): Live => {
  const live = new Live(client, queries, new Set(abilities))
  ends.push(live.start(`scope ${crypto.randomUUID()}`))
  return live
}
const soon = (look: () => void) => vi.waitFor(look, { timeout: 5000, interval: 10 })

describe('events', () => {
  it('make old exactly what they speak of, once for many that come together', async () => {
    begin()
    await soon(() => expect(streams).toHaveLength(1))
    streams[0]?.say('hello', { types: ['share'] })
    await soon(() => expect(read.length).toBeGreaterThan(0))
    read = []
    for (let at = 0; at < 100; at++) streams[0]?.say('change', share('a'), String(at + 1))
    await soon(() => expect(read.length).toBeGreaterThan(0))
    expect(read.toSorted()).toEqual(
      [JSON.stringify(listKey('shares')), JSON.stringify(oneKey('shares', 'a'))].toSorted(),
    )
  })

  it('are kept by nobody: an hour of them leaves nothing behind', async () => {
    const live = begin()
    await soon(() => expect(streams).toHaveLength(1))
    let heard = 0
    live.onChange(() => void heard++)
    for (let at = 0; at < 5000; at++) streams[0]?.say('change', share(`id-${at % 7}`), String(at + 1))
    await soon(() => expect(heard).toBe(5000))
    await soon(() => expect(read.length).toBeGreaterThan(0))
    expect(queries.getQueryCache().getAll()).toHaveLength(4)
  })
})

describe('without a stream', () => {
  it('says so, and is quiet again when it is back', async () => {
    const live = begin()
    await soon(() => expect(streams).toHaveLength(1))
    streams[0]?.say('hello', { types: ['share'] })
    await soon(() => expect(live.pulse().is).toBe('live'))
    streams[0]?.end()
    await soon(() => expect(live.pulse().is).toBe('polling'))
    await soon(() => expect(streams).toHaveLength(2))
    streams[1]?.say('reset', {})
    await soon(() => expect(live.pulse().is).toBe('live'))
  })

  it('polls from the start where the service has none, and asks for none', () => {
    const live = begin([])
    expect(live.pulse().is).toBe('polling')
    expect(streams).toHaveLength(0)
  })
})
