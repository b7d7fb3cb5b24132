/** The stream of events over real connections: whose events, from where on, for how long. */
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { recordEvent, type EventResource } from '../../db/store/records.ts'
import type { Identity } from '../../model/identity.ts'
import { openBench, personas, type Bench, type Token } from '../bench.fixture.ts'
import { eventRoutes } from './routes.ts'
import { followAt, type Followed } from './stream.fixture.ts'

/** Tokens that are not valid any more, and what others have become. */
const now = new Map<string, Identity | null>()
let bench: Bench
let base: string
beforeAll(async () => {
  const auth = {
    authenticateUri: null,
    verify: async (token: string) => (now.has(token) ? now.get(token) : (personas[token as Token] ?? null)),
    verifyService: async () => null,
  }
  bench = await openBench(
    eventRoutes,
    (settings) => Object.assign(settings.limits, { event_streams_per_user: 3, event_streams: 5 }),
    { auth: auth as never },
  )
  bench.store.onEvents(() => bench.bus.cast('events', 'events.written', {}))
  await bench.app.listen({ host: '127.0.0.1', port: 0 })
  base = `http://127.0.0.1:${(bench.app.server.address() as AddressInfo).port}/v2/events`
})
afterAll(() => bench.close())

const open: Followed[] = []
afterEach(async () => {
  for (const one of open.splice(0)) {
    one.stop()
    await one.ended
  }
  now.clear()
})

async function follow(
  token: Token | 'none',
  query = '',
  headers: Record<string, string> = {},
): Promise<Followed> {
  const stream = await followAt(`${base}${query}`, {
    ...(token === 'none' ? {} : { 'x-auth-token': token }),
    'x-openstack-manila-api-version': '2.99',
    ...headers,
  })
  open.push(stream)
  if (stream.status === 200) await stream.until((got) => got.length > 0)
  return stream
}

const happen = (projectId: string, resourceId: string, more: { type?: EventResource; to?: string } = {}) =>
  bench.store.transaction((tx) =>
    recordEvent(tx, {
      projectId,
      resourceType: more.type ?? 'share',
      resourceId,
      event: `${more.type ?? 'share'}.status`,
      detail: { from: 'creating', to: more.to ?? 'available', secret: 'of the backend' },
      now: bench.clock.now(),
    }),
  )

const changes = ({ got }: Followed): string[] =>
  got.filter(({ name }) => name === 'change').map(({ data }) => (data as { resource_id: string }).resource_id)
const lastId = ({ got }: Followed): string => got.findLast(({ id }) => id !== undefined)?.id ?? ''
const { projectId: demo } = personas.demo
const { projectId: other } = personas.other

describe('whose events', () => {
  test('each project is told its own, in order, and nothing of the detail but the status', async () => {
    const [mine, theirs] = await Promise.all([follow('demo'), follow('other')])
    expect(mine.headers.get('content-type')).toBe('text/event-stream')
    expect(mine.got[0]).toMatchObject({
      name: 'hello',
      data: { types: ['share', 'snapshot', 'share_group', 'share_group_snapshot'] },
    })
    await happen(demo, 'a')
    await happen(other, 'x')
    await happen(demo, 'b', { type: 'snapshot', to: 'error' })
    await happen(other, 'y')
    await Promise.all([mine.until((g) => g.length === 3), theirs.until((g) => g.length === 3)])
    expect(changes(mine)).toEqual(['a', 'b'])
    expect(changes(theirs)).toEqual(['x', 'y'])
    expect(mine.got[2]?.data).toEqual({
      event: 'snapshot.status',
      resource_type: 'snapshot',
      resource_id: 'b',
      project_id: demo,
      status: 'error',
      request_id: null,
      operation_id: null,
      created_at: expect.stringMatching(/^\d{4}-/),
    })
    expect(mine.text()).not.toContain(other)
    expect(mine.text()).not.toContain('backend')
  })

  test('all projects and the backends only for administrators who ask', async () => {
    const [all, own, refused] = await Promise.all([
      follow('admin', '?all_tenants=1'),
      follow('admin'),
      follow('demo', `?all_tenants=1&project_id=${other}`),
    ])
    await happen(other, 'x')
    await happen('', 'pool', { type: 'backend' })
    await happen(demo, 'a')
    await happen(personas.admin.projectId, 'z')
    await Promise.all([
      all.until((g) => g.length === 5),
      own.until((g) => g.length === 2),
      refused.until((g) => g.length === 2),
    ])
    expect(changes(all)).toEqual(['x', 'pool', 'a', 'z'])
    expect(changes(own)).toEqual(['z'])
    expect(changes(refused)).toEqual(['a'])
  })

  test('filters by type, resource and, for administrators, project', async () => {
    const [types, ids, project] = await Promise.all([
      follow('demo', '?resource_type=snapshot'),
      follow('demo', '?resource_id=b,c'),
      follow('admin', `?all_tenants=1&project_id=${other}`),
    ])
    await happen(demo, 'a')
    await happen(demo, 'b')
    await happen(demo, 's', { type: 'snapshot' })
    await happen(other, 'x')
    await happen(demo, 'c')
    await Promise.all([
      types.until((g) => g.length === 2),
      ids.until((g) => g.length === 3),
      project.until((g) => g.length === 2),
    ])
    expect([changes(types), changes(ids), changes(project)]).toEqual([['s'], ['b', 'c'], ['x']])
  })
})

describe('from where on', () => {
  test('with Last-Event-ID nothing is missed and nothing comes twice, by header or query', async () => {
    const first = await follow('demo')
    await happen(demo, 'a')
    await first.until((g) => g.length === 2)
    const at = lastId(first)
    first.stop()
    await first.ended
    for (const id of ['b', 'c', 'd']) await happen(demo, id)
    const [byHeader, byQuery] = await Promise.all([
      follow('demo', '', { 'last-event-id': at }),
      follow('demo', `?last_event_id=${at}`),
    ])
    await Promise.all([byHeader.until((g) => g.length === 4), byQuery.until((g) => g.length === 4)])
    expect(changes(byHeader)).toEqual(['b', 'c', 'd'])
    expect(changes(byQuery)).toEqual(['b', 'c', 'd'])
  })

  test('who is further behind than what is kept in memory reads the database, in order', async () => {
    const reader = await follow('demo')
    const at = lastId(reader)
    await bench.store.transaction(async (tx) => {
      for (let n = 0; n < 2300; n++) {
        await recordEvent(tx, {
          projectId: n % 2 === 0 ? demo : other,
          resourceType: 'share',
          resourceId: `n${n}`,
          event: 'share.status',
          now: bench.clock.now() + n,
        })
      }
    })
    const expected = Array.from({ length: 1150 }, (_, n) => `n${2 * n}`)
    await reader.until((g) => g.length >= 1151, 15_000)
    const late = await follow('demo', '', { 'last-event-id': at })
    await late.until((g) => g.length >= 1151, 15_000)
    expect(changes(reader)).toEqual(expected)
    expect(changes(late)).toEqual(expected)
  })

  test('who comes after the purge, or from another database, is told to read everything again', async () => {
    const first = await follow('demo')
    const at = lastId(first)
    await happen(demo, 'a')
    await happen(demo, 'b')
    await first.until((g) => g.length === 3)
    await bench.db.deleteFrom('events').execute()
    const late = await follow('demo', '', { 'last-event-id': at })
    const ahead = await follow('demo', '', { 'last-event-id': '999999999' })
    expect(late.got[0]).toMatchObject({ name: 'reset', id: lastId(first) })
    expect(ahead.got[0]).toMatchObject({ name: 'reset', id: lastId(first) })
    await happen(demo, 'c')
    await late.until((g) => g.length === 2)
    expect(changes(late)).toEqual(['c'])
  })
})

describe('for how long', () => {
  test('ends within 5 s of the revocation, and says so; what happens after is not sent', async () => {
    const stream = await follow('demo')
    now.set('demo', null)
    const asked = Date.now()
    const ticking = setInterval(() => void happen(demo, 'later'), 200)
    await stream.ended
    clearInterval(ticking)
    expect(Date.now() - asked).toBeLessThan(5000)
    expect(stream.got.at(-1)).toMatchObject({ name: 'end', data: { reason: 'session' } })
  })

  test('goes on with what is left of the rights, and ends when none are', async () => {
    const [stream, gone] = await Promise.all([follow('admin', '?all_tenants=1'), follow('demo')])
    now.set('admin', { ...personas.admin, roles: ['reader'] })
    now.set('demo', { ...personas.demo, roles: [] })
    await gone.ended
    expect(gone.got.at(-1)).toMatchObject({ name: 'end', data: { reason: 'forbidden' } })
    await new Promise((resolve) => setTimeout(resolve, 500))
    const before = changes(stream).length
    await happen(other, 'x')
    await happen(personas.admin.projectId, 'z')
    await stream.until(() => changes(stream).length > before)
    expect(changes(stream).slice(before)).toEqual(['z'])
  })

  test('goes on when all that the database may do for the first request is used up long ago', async () => {
    const short = await openBench(eventRoutes, (settings) =>
      Object.assign(settings.limits, { request_ms: 100 }),
    )
    await short.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = short.app.server.address() as AddressInfo
    const stream = await followAt(`http://127.0.0.1:${port}/v2/events`, { 'x-auth-token': 'demo' })
    await stream.until((g) => g.length === 1)
    // Each is read by itself: together that takes the database longer than one request may.
    for (let round = 0; round < 12; round++) {
      await short.store.transaction(async (tx) => {
        for (let n = 0; n < 500; n++) {
          const resourceId = `r${round}-${n}`
          const event = { projectId: demo, resourceType: 'share', resourceId, event: 'share.status' } as const
          await recordEvent(tx, { ...event, now: short.clock.now() })
        }
      })
      short.bus.cast('events', 'events.written', {})
      await stream.until((g) => g.length === 1 + 500 * (round + 1), 10_000)
    }
    stream.stop()
    await short.close()
  })

  test('one user has so many streams, and all together so many', async () => {
    for (let n = 0; n < 3; n++) await follow('demo')
    const fourth = await follow('demo')
    expect(fourth.status).toBe(429)
    expect(fourth.headers.get('retry-after')).toBe('2')
    await follow('other')
    await follow('admin')
    expect((await follow('reader')).status).toBe(503)
    open[0]?.stop()
    await expect.poll(async () => (await follow('reader')).status).toBe(200)
  })

  test('what no message tells of is found by looking; the server closes at once and ends its streams', async () => {
    const short = await openBench(eventRoutes)
    await short.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = short.app.server.address() as AddressInfo
    const stream = await followAt(`http://127.0.0.1:${port}/v2/events`, { 'x-auth-token': 'demo' })
    await stream.until((g) => g.length === 1)
    // Nobody says that there is something: it is found all the same.
    await short.store.transaction((tx) =>
      recordEvent(tx, {
        projectId: demo,
        resourceType: 'share',
        resourceId: 'a',
        event: 'share.status',
        now: 1,
      }),
    )
    await stream.until((g) => g.length === 2)
    const asked = Date.now()
    await short.close()
    await stream.ended
    expect(Date.now() - asked).toBeLessThan(2000)
    expect(stream.got.at(-1)).toMatchObject({ name: 'end', data: { reason: 'closing' } })
  })
})

test.each([
  ['?resource_type=user', 'resource_type'],
  ['?resource_type=', 'resource_type'],
  [`?resource_id=${'a,'.repeat(60)}b`, '50 ids'],
  ['?resource_id=a,,b', '1 to 64'],
  ['?last_event_id=x', 'Last-Event-ID'],
  ['?last_event_id=99999999999999999', 'Last-Event-ID'],
  ['?limit=3', 'limit'],
])('%s is refused with words', async (query, word) => {
  const { status, body } = await bench.call('GET', `/events${query}`, { token: 'demo' })
  expect(status).toBe(400)
  expect(JSON.stringify(body)).toContain(word)
})

test('401 without a token, 403 without a role', async () => {
  expect((await follow('none')).status).toBe(401)
  expect((await follow('nobody')).status).toBe(403)
})
