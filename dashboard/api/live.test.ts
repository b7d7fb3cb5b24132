/** The tab that follows, the others that are told, and all of them while nobody follows. */
import { QueryClient, QueryObserver } from '@tanstack/react-query'
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
  break(): void {
    this.#send?.error(new Error('given up'))
  }
}

const share = (id: string, project = 'p', status = 'available') => ({
  event: 'share.status',
  resource_type: 'share',
  resource_id: id,
  project_id: project,
  status,
  request_id: null,
  operation_id: null,
  created_at: '2026-11-27T00:00:00.000000',
})

let queries: QueryClient
/** Keys, in the order of reading. */
let read: string[]
let streams: (Stream & { readonly query: unknown; readonly lastEventId: unknown; isOpen: boolean })[]
let client: Client
let ends: (() => void)[]
const answers = new Map<string, unknown>()

/** As a page does that is on the screen. Answers what takes it away. */
async function show(queryKey: readonly unknown[], meta: object = {}): Promise<() => void> {
  const observer = new QueryObserver(queries, {
    queryKey,
    meta: { ...meta },
    queryFn: () => {
      read.push(JSON.stringify(queryKey))
      return Promise.resolve(answers.get(JSON.stringify(queryKey)) ?? 1)
    },
    staleTime: Infinity,
  })
  const end = observer.subscribe(() => {})
  ends.push(end)
  await soon(() => expect(observer.getCurrentResult().isSuccess).toBe(true))
  return end
}

beforeEach(() => {
  ends = []
  read = []
  streams = []
  answers.clear()
  queries = new QueryClient()
  client = {
    open: (_what: unknown, options: { query?: unknown; lastEventId: unknown; signal: AbortSignal }) => {
      const stream = Object.assign(new Stream(), {
        query: options.query,
        lastEventId: options.lastEventId,
        isOpen: true,
      })
      options.signal.addEventListener('abort', () => {
        stream.isOpen = false
        stream.break()
      })
      streams.push(stream)
      return Promise.resolve(stream.body)
    },
  } as unknown as Client
})
afterEach(() => {
  for (const end of ends) end()
  queries.clear()
})

const begin = (
  abilities: readonly string[] = ['events'],
  scope = { userId: crypto.randomUUID(), projectId: 'p' },
): Live => {
  const live = new Live(client, queries, new Set(abilities))
  ends.push(live.start(scope))
  return live
}
const soon = (look: () => void) => vi.waitFor(look, { timeout: 5000, interval: 10 })
/** Opens it and lets what was read for the sake of it be read. */
async function joined(at = 0): Promise<void> {
  await soon(() => expect(streams.length).toBeGreaterThan(at))
  streams[at]?.say('hello', { types: ['share'] }, '1')
  await soon(() => expect(queries.isFetching()).toBe(0))
}

describe('events', () => {
  it('have exactly that read which they speak of, once for many that come together', async () => {
    for (const key of [listKey('shares'), oneKey('shares', 'a'), oneKey('shares', 'b'), listKey('types')])
      await show(key)
    begin()
    await joined()
    await soon(() => expect(read).toHaveLength(8))
    read = []
    for (let at = 0; at < 100; at++) streams[0]?.say('change', share('a'), String(at + 2))
    await soon(() => expect(read).toHaveLength(2))
    expect(read.toSorted()).toEqual(
      [JSON.stringify(listKey('shares')), JSON.stringify(oneKey('shares', 'a'))].toSorted(),
    )
  })

  it('change a status in its row before anything is read', async () => {
    const rows = [{ id: 'a', status: 'creating', project_id: 'other' }]
    answers.set(JSON.stringify(listKey('shares')), { rows })
    await show(listKey('shares'), { all: true })
    begin()
    await soon(() => expect(streams.length).toBeGreaterThan(0))
    await joined(streams.length - 1)
    await soon(() => expect(read.length).toBeGreaterThan(1))
    // The first has it read; the second comes while the next reading has to wait.
    streams.at(-1)?.say('change', share('b', 'other'), '2')
    await soon(() => expect(read.length).toBeGreaterThan(2))
    await soon(() => expect(queries.isFetching()).toBe(0))
    const known = read.length
    streams.at(-1)?.say('change', share('a', 'other'), '3')
    await soon(() =>
      expect(queries.getQueryData(listKey('shares'))).toEqual({
        rows: [{ ...rows[0], status: 'available' }],
      }),
    )
    expect(read).toHaveLength(known)
  })

  it('of services are waited for: the next reading is a second away, not five', async () => {
    await show(listKey('services'), { all: true })
    begin()
    await soon(() => expect(streams.length).toBeGreaterThan(0))
    await joined(streams.length - 1)
    const service = { ...share('3', '', 'down'), event: 'service.down', resource_type: 'service' }
    await soon(() => expect(read.length).toBeGreaterThan(1))
    const known = read.length
    streams.at(-1)?.say('change', service, '2')
    await soon(() => expect(read).toHaveLength(known + 1))
    const began = performance.now()
    streams.at(-1)?.say('change', service, '3')
    await soon(() => expect(read).toHaveLength(known + 2))
    expect(performance.now() - began).toBeLessThan(4000)
  })

  it('are kept by nobody: an hour of them leaves nothing behind', async () => {
    await show(listKey('shares'))
    const live = begin()
    await joined()
    read = []
    let heard = 0
    live.onChange(() => void heard++)
    for (let at = 0; at < 5000; at++) streams[0]?.say('change', share(`id-${at % 7}`), String(at + 2))
    await soon(() => expect(heard).toBe(5000))
    await soon(() => expect(read.length).toBeGreaterThan(0))
    expect(read.length).toBeLessThanOrEqual(3)
    expect(queries.getQueryCache().getAll()).toHaveLength(1)
  })
})

describe('the stream', () => {
  const ofAll = () => streams.filter(({ isOpen }) => isOpen).map(({ query }) => query)

  it('is of all projects while a page shows what is of all, and goes on where the other one was', async () => {
    await show(listKey('limits'))
    begin()
    await joined()
    expect(ofAll()).toEqual([{}])
    streams[0]?.say('beat', {}, '41')
    await show(listKey('shares', { all: '1' }), { all: true })
    await soon(() => expect(ofAll()).toEqual([{ all_tenants: 1 }]))
    expect(streams.at(-1)?.lastEventId).toBe('41')
    read = []
    streams.at(-1)?.say('hello', { types: ['share'] }, '41')
    streams.at(-1)?.say('change', share('a', 'somebody'), '42')
    await soon(() => expect(read).toEqual([JSON.stringify(listKey('shares', { all: '1' }))]))
  })

  it('is one for all tabs, of which each reads what it shows', async () => {
    const scope = { userId: crypto.randomUUID(), projectId: 'p' }
    await show(listKey('shares'))
    begin(['events'], scope)
    await joined()
    // Another tab: a cache of its own, the same locks and channels.
    const first = queries
    queries = new QueryClient()
    begin(['events'], scope)
    await show(listKey('shares'), { all: true })
    await soon(() => expect(ofAll()).toEqual([{ all_tenants: 1 }]))
    streams.at(-1)?.say('hello', { types: ['share'] }, '1')
    read = []
    streams.at(-1)?.say('change', share('a', 'somebody'), '2')
    await soon(() => expect(read).toHaveLength(1))
    streams.at(-1)?.say('change', share('b', 'p'), '3')
    await soon(() => expect(read).toHaveLength(2))
    expect(ofAll()).toHaveLength(1)
    first.clear()
  })

  it('is of all for one thing of another project, too', async () => {
    answers.set(JSON.stringify(oneKey('shares', 'a')), { id: 'a', project_id: 'somebody' })
    await show(oneKey('shares', 'a'))
    begin()
    await soon(() => expect(ofAll()).toEqual([{ all_tenants: 1 }]))
  })

  it('is of the own project again when nobody shows more, a while later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      begin()
      const end = await show(listKey('shares'), { all: true })
      await soon(() => expect(ofAll()).toEqual([{ all_tenants: 1 }]))
      end()
      await vi.advanceTimersByTimeAsync(9000)
      expect(ofAll()).toEqual([{ all_tenants: 1 }])
      await vi.advanceTimersByTimeAsync(2000)
      await soon(() => expect(ofAll()).toEqual([{}]))
    } finally {
      vi.useRealTimers()
    }
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
