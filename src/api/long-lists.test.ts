/** Long lists over real connections: the bytes, the errors, and clients that do not read. */
import { connect, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listMessages } from '../wire/messages/schema.ts'
import { listOperations } from '../wire/operations/schema.ts'
import { listReply, oldestFirst } from './list-reply.ts'
import { route } from './route.ts'
import { accessRuleRoutes } from './access-rules/routes.ts'
import { shareRoutes } from './shares/routes.ts'
import { snapshotRoutes } from './snapshots/routes.ts'
import { seedShare, seedSnapshot } from './seed.fixture.ts'
import { openBench, type Bench } from './bench.fixture.ts'

/** A list without an end, each row 100 KB; it fails after as many rows as the query's `resource_id` says. */
const endless = route(listMessages, {}, async (_ctx, { query }) => {
  let read = 0
  return listReply({
    key: 'messages',
    page: oldestFirst,
    read: async ({ limit }) => {
      const rows = Array.from({ length: limit ?? 0 }, () => ({ id: `${read++}`, created_at: read }))
      if (query.resource_id !== undefined && read > Number(query.resource_id))
        throw new Error('the disk is gone')
      return rows
    },
    view: ({ id }) => ({ id, text: 'x'.repeat(100_000) }),
  })
})

/** Asks the database again and again. */
const insatiable = route(listOperations, {}, async (ctx) => {
  for (;;) await ctx.db.selectFrom('shares').select('id').execute()
})

let bench: Bench
let port: number
beforeAll(async () => {
  bench = await openBench(
    [endless, insatiable, ...shareRoutes, ...snapshotRoutes, ...accessRuleRoutes],
    (settings) =>
      Object.assign(settings.limits, {
        write_timeout_s: 1,
        streams_per_project: 3,
        streams: 5,
        request_ms: 700,
      }),
  )
  await bench.app.listen({ host: '127.0.0.1', port: 0 })
  port = (bench.app.server.address() as AddressInfo).port
})
afterAll(() => bench.close())

const get = (path: string, token = 'demo', at = port): Promise<Response> =>
  fetch(`http://127.0.0.1:${at}/v2${path}`, {
    headers: { 'x-auth-token': token, 'x-openstack-manila-api-version': '2.99' },
  })

/** Asks and reads nothing but the first bytes. */
async function lurk(path: string, token = 'demo', at = port): Promise<{ socket: Socket; status: number }> {
  const socket = connect(at, '127.0.0.1')
  socket.on('error', () => {})
  const head = `GET /v2${path} HTTP/1.1\r\nhost: x\r\nx-auth-token: ${token}\r\nx-openstack-manila-api-version: 2.99\r\n\r\n`
  socket.write(head)
  const [first] = (await once(socket, 'data')) as [Buffer]
  socket.pause()
  return { socket, status: Number(first.toString('latin1').split(' ')[1]) }
}

describe('with some hundred rows of a project', () => {
  let shareId = ''
  beforeAll(async () => {
    for (let n = 0; n < 330; n++) {
      const share = await seedShare(bench, 'demo', { name: `n${n % 7}`, created_at: 1000 + (n >> 2) })
      await seedSnapshot(bench, share, 'demo', { name: n % 3 === 0 ? null : `s${n % 5}` })
      const pairs = Array.from({ length: n % 4 }, (_, key) => ({
        share_id: share.id,
        meta_key: `ключ ${key}`,
        meta_value: '"é\n'.repeat(300),
      }))
      if (pairs.length > 0) await bench.db.insertInto('share_metadata').values(pairs).execute()
      shareId = share.id
    }
    const rules = Array.from({ length: 250 }, (_, n) => ({
      id: bench.id(),
      share_id: shareId,
      access_type: 'ip',
      access_to: `10.0.0.${n}`,
      canonical_to: `10.0.0.${n}`,
      access_level: 'rw',
      access_key: null,
      state: 'active' as const,
      created_at: n >> 1,
      updated_at: null,
    }))
    await bench.db.insertInto('access_rules').values(rules).execute()
  })

  /** By pages that are one chunk each. */
  async function walked(path: string, key: string): Promise<unknown[]> {
    const all: { id: string }[] = []
    for (;;) {
      const marker = all.length === 0 ? '' : `&marker=${all.at(-1)?.id}`
      const body = (await (await get(`${path}limit=40${marker}`)).json()) as Record<string, { id: string }[]>
      const rows = body[key] ?? []
      all.push(...rows)
      if (rows.length < 40) return all
    }
  }

  test.each([
    ['/shares/detail?', 'shares'],
    ['/shares?', 'shares'],
    ['/shares/detail?sort_key=name&sort_dir=asc&', 'shares'],
    ['/shares/detail?sort_key=updated_at&', 'shares'],
    ['/snapshots/detail?', 'snapshots'],
    ['/snapshots?sort_key=name&', 'snapshots'],
    ['/snapshots?sort_key=name&sort_dir=asc&', 'snapshots'],
  ])('%s is the same text as its pages one after the other', async (path, key) => {
    const answer = await get(path)
    const text = await answer.text()
    const rows = await walked(path, key)
    expect(rows).toHaveLength(330)
    expect(text).toBe(JSON.stringify({ [key]: rows }))
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('x-openstack-manila-api-version')).toBe('2.99')
  })

  test('count and link follow the list', async () => {
    const text = await (await get('/shares/detail?limit=300&with_count=true&sort_key=id')).text()
    const body = JSON.parse(text) as { shares: { id: string }[]; shares_links: { href: string }[] }
    expect(Object.keys(body)).toEqual(['shares', 'count', 'shares_links'])
    expect(body).toMatchObject({ count: 330 })
    expect(body.shares).toHaveLength(300)
    expect(body.shares_links[0]?.href).toContain(`marker=${body.shares.at(-1)?.id}`)
    expect(text).toBe(JSON.stringify(body))
  })

  test('rules of a share come in the order they were made, by both roads', async () => {
    const { access_list: whole } = (await (await get(`/share-access-rules?share_id=${shareId}`)).json()) as {
      access_list: { id: string; access_to: string }[]
    }
    expect(whole).toHaveLength(250)
    const stamps = whole.map(({ access_to }) => Number(access_to.split('.')[3]) >> 1)
    expect(stamps).toEqual([...stamps].sort((a, b) => a - b))
    expect(new Set(whole.map(({ id }) => id)).size).toBe(250)
    const action = await bench.call('POST', `/shares/${shareId}/action`, {
      token: 'demo',
      version: 44,
      body: { access_list: null },
    })
    expect(action.body.access_list.map((rule: { id: string }) => rule.id)).toEqual(whole.map(({ id }) => id))
  })
})

test('a request whose statements take too long together is 503, and says when to come back', async () => {
  const began = performance.now()
  const answer = await get('/operations')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await answer.json()).toMatchObject({ serviceUnavailable: { code: 503 } })
  expect(performance.now() - began).toBeGreaterThan(600)
})

test('an error at the beginning is an answer; one in the middle cuts the connection', async () => {
  expect((await get('/messages?resource_id=1')).status).toBe(500)
  const answer = await get('/messages?resource_id=150')
  expect(answer.status).toBe(200)
  await expect(answer.text()).rejects.toThrow()
})

test('who takes nothing is cut off after the time, and its place is free', async () => {
  const { socket } = await lurk('/messages')
  const began = performance.now()
  // `close` needs somebody who reads to the end.
  await new Promise<void>((resolve) => {
    bench.app.server.getConnections(() => {})
    const look = setInterval(() => {
      bench.app.server.getConnections((_error, count) => {
        if (count > 0) return
        clearInterval(look)
        resolve()
      })
    }, 50)
    bench.app.server.closeIdleConnections()
  })
  const ms = performance.now() - began
  expect(ms).toBeGreaterThan(900)
  expect(ms).toBeLessThan(8000)
  socket.destroy()
  for (let n = 0; n < 3; n++) {
    const { socket: next, status } = await lurk('/messages')
    expect(status).toBe(200)
    next.destroy()
  }
})

test('who reads slowly is not cut off', async () => {
  const answer = await get('/messages?resource_id=400')
  const reader = answer.body!.getReader()
  let taken = 0
  const began = performance.now()
  while (performance.now() - began < 3000) {
    const { value } = await reader.read()
    taken += value?.length ?? 0
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(taken).toBeGreaterThan(100_000)
  await reader.cancel()
})

test('one project reads three long lists at once, all of them five; short ones always', async () => {
  // A bench of its own: none of those who lurk may be cut before the last of them has come, however long that takes.
  const patient = await openBench([endless, ...shareRoutes], (settings) =>
    Object.assign(settings.limits, { write_timeout_s: 120, streams_per_project: 3, streams: 5 }),
  )
  await patient.app.listen({ host: '127.0.0.1', port: 0 })
  const at = (patient.app.server.address() as AddressInfo).port
  const open = [
    await lurk('/messages', 'demo', at),
    await lurk('/messages', 'demo', at),
    await lurk('/messages', 'demo', at),
  ]
  const refused = await get('/messages', 'demo', at)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('2')
  expect(await refused.text()).toContain('3 long lists')
  open.push(await lurk('/messages', 'other', at), await lurk('/messages', 'other', at))
  expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  const full = await get('/messages', 'other', at)
  expect([full.status, full.headers.get('retry-after')]).toEqual([503, '2'])
  expect((await get('/shares?limit=1', 'demo', at)).status).toBe(200)
  for (const { socket } of open) socket.destroy()
  await patient.close()
})

test('who sends request after request without waiting for answers is cut off', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const one = 'GET /v2/shares?limit=1 HTTP/1.1\r\nhost: x\r\nx-auth-token: demo\r\n\r\n'
  socket.write(one.repeat(4))
  let text = ''
  socket.on('data', (data: Buffer) => (text += data.toString()))
  while (text.split('HTTP/1.1 200').length < 5) await once(socket, 'data')
  socket.write(one.repeat(100))
  await once(socket, 'close')
  expect(text.split('HTTP/1.1 200').length).toBeLessThan(20)
})
