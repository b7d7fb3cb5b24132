import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordMessage, type NewMessage } from '../../db/store/records.ts'
import type { Store } from '../../db/open.ts'
import { messageActions, messageDetails } from '../../model/messages.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { openBench, personas, type Bench, type CallOptions } from '../bench.fixture.ts'
import { messageRoutes } from './routes.ts'

const demo = personas.demo.projectId
const other = personas.other.projectId
const share = '66666666-2222-3333-4444-555555555555'
/** 2026-08-21T11:05:00 and the seconds after it. */
const at = (second: number): number => (Date.UTC(2026, 7, 21, 11, 5, second) / 1000) * 1_000_000

/** Five messages of demo at seconds 0–4, one of other at second 5. */
async function seed(store: Store): Promise<void> {
  const actions = ['001', '002', '008', '001', '007']
  for (const [second, actionId] of actions.entries()) {
    await write(store, demo, actionId, second)
  }
  await write(store, other, '002', 5)
}

const write = (
  store: Store,
  projectId: string,
  actionId: string,
  second: number,
  detailId = '009',
  cause: NewMessage['cause'] = { code: 'no-valid-host' },
): Promise<void> =>
  store.transaction((tx) =>
    recordMessage(tx, {
      projectId,
      requestId: `req-${second}`,
      resourceType: 'SHARE',
      resourceId: share,
      actionId,
      detailId,
      cause,
      now: at(second),
      ttlS: 60,
    }),
  )

let bench: Bench
beforeAll(async () => {
  bench = await openBench(messageRoutes)
})
afterAll(() => bench.close())
beforeEach(async () => {
  await bench.db.deleteFrom('messages').execute()
  await bench.db.deleteFrom('tombstones').execute()
  await seed(bench.store)
})

interface Shown {
  readonly id: string
  readonly request_id: string
}
const list = async (query = '', options: CallOptions = {}): Promise<Shown[]> =>
  (await bench.call('GET', `/messages${query}`, { token: 'demo', ...options })).body.messages
const requests = async (query = '', options: CallOptions = {}): Promise<string[]> =>
  (await list(query, options)).map((message) => message.request_id)
const numbered = (...seconds: number[]): string[] => seconds.map((second) => `req-${second}`)

describe('messages', () => {
  it('say what was tried and why it failed', async () => {
    const [newest] = await list()
    expect(newest).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      project_id: demo,
      action_id: '007',
      detail_id: '009',
      message_level: 'ERROR',
      created_at: '2026-08-21T11:05:04.000000',
      expires_at: '2026-08-21T11:06:04.000000',
      request_id: 'req-4',
      resource_type: 'SHARE',
      resource_id: share,
      user_message: `${messageActions['007']}: ${messageDetails['009']}`,
      links: [
        { rel: 'self', href: expect.stringMatching(/\/v2\/messages\//) },
        { rel: 'bookmark', href: expect.not.stringMatching(/\/v2\//) },
      ],
    })
  })

  it('say the cause of the operation in place of "unknown", and name what is missing', async () => {
    await write(bench.store, demo, '002', 6, '001', { code: 'not-found' })
    const specs = { share_backend_name: 'alpha', snapshot_support: '<is> True' }
    await write(bench.store, demo, '001', 7, '008', { code: 'no-valid-host', unmet: { of: 'all', specs } })
    // As a release before wrote it.
    await write(bench.store, demo, '002', 8, '001', { code: 'no-valid-host' })
    await bench.db
      .updateTable('messages')
      .set({ cause_code: null })
      .where('request_id', '=', 'req-8')
      .execute()
    const words = async (token: 'demo' | 'admin') =>
      (await bench.call('GET', '/messages?limit=4', { token })).body.messages.map(
        (one: { readonly user_message: string }) => one.user_message,
      )
    const [unknown, missing, absent] = await words('demo')
    expect(unknown).toBe('create: An unknown error occurred.')
    expect(missing).toContain("Capabilities filter didn't succeed. No backend has snapshot_support = True. ")
    expect(missing).not.toContain('alpha')
    expect(absent).toMatch(/^create: The backend does not find it. /)
    expect((await words('admin'))[1]).toContain('No backend has share_backend_name = alpha.')
  })

  it('belong to a project', async () => {
    expect(await requests()).toEqual(numbered(4, 3, 2, 1, 0))
    expect(await requests('', { token: 'other' })).toEqual(numbered(5))
    expect(await requests('', { token: 'admin' })).toEqual(numbered(5, 4, 3, 2, 1, 0))
    const [foreign] = await list('', { token: 'other' })
    const path = `/messages/${foreign?.id}`
    expect((await bench.call('GET', path, { token: 'demo' })).status).toBe(404)
    expect((await bench.call('DELETE', path, { token: 'demo' })).status).toBe(404)
    expect((await bench.call('GET', path, { token: 'other' })).body.message).toEqual(foreign)
    expect((await bench.call('GET', path, { token: 'admin' })).status).toBe(200)
  })

  it.each([
    ['?action_id=001', [3, 0]],
    ['?detail_id=009&action_id=008', [2]],
    ['?request_id=req-1', [1]],
    [`?resource_id=${share}&resource_type=SHARE`, [4, 3, 2, 1, 0]],
    ['?resource_type=share', []],
    ['?message_level=WARN', []],
    ['?colour=red', [4, 3, 2, 1, 0]],
    ['?created_since=2026-08-21T11:05:03', [4, 3]],
    ['?created_before=2026-08-21T13:05:01%2B02:00', [1, 0]],
    ['?created_since=2026-08-21T11:05:01&created_before=2026-08-21T11:05:02Z', [2, 1]],
    ['?limit=2', [4, 3]],
    ['?limit=0', []],
    ['?limit=2&offset=3', [1, 0]],
    ['?sort_dir=asc', [0, 1, 2, 3, 4]],
    ['?sort_dir=sideways', [0, 1, 2, 3, 4]],
    ['?sort_key=request_id&sort_dir=desc', [4, 3, 2, 1, 0]],
  ])('%s gives %j', async (query, expected) => {
    expect(await requests(query)).toEqual(numbered(...expected))
  })

  it('are filtered by time since 2.52', async () => {
    expect(await requests('?created_since=2026-08-21T11:05:03', { version: 51 })).toHaveLength(5)
    expect(await requests('?created_since=nonsense', { version: 51 })).toHaveLength(5)
    expect(await requests('?created_since=2026-08-21T11:05:03', { version: 52 })).toHaveLength(2)
  })

  it.each([
    'created_since=yesterday',
    'created_before=',
    'limit=-1',
    'limit=x',
    'offset=-1',
    'sort_key=colour',
    'marker=x',
  ])('refuse ?%s by name', async (query) => {
    const { status, body } = await bench.call('GET', `/messages?${query}`)
    expect(status).toBe(400)
    expect(body.badRequest.message).toContain(query.split('=')[0])
  })

  it('are paged by marker, also behind a deleted one', async () => {
    const { body } = await bench.call('GET', '/messages?limit=2&action_id=001', { token: 'demo' })
    expect(body.messages_links[0]).toMatchObject({ rel: 'next' })
    const next = new URL(body.messages_links[0].href)
    expect(next.searchParams.get('marker')).toBe(body.messages[1].id)
    expect(next.searchParams.get('action_id')).toBe('001')
    const marker = (await list())[1]?.id ?? ''
    expect((await bench.call('DELETE', `/messages/${marker}`, { token: 'demo' })).status).toBe(204)
    expect(await requests(`?marker=${marker}`)).toEqual(numbered(2, 1, 0))
    expect(await bench.call('GET', `/messages/${marker}`, { token: 'demo' })).toMatchObject({ status: 404 })
    expect((await bench.call('GET', '/messages', { token: 'demo' })).body).not.toHaveProperty(
      'messages_links',
    )
  })

  it('are deleted by members, not by readers', async () => {
    const [message] = await list()
    const path = `/messages/${message?.id}`
    expect((await bench.call('GET', path, { token: 'reader' })).status).toBe(200)
    expect((await bench.call('DELETE', path, { token: 'reader' })).status).toBe(403)
    const gone = await bench.call('DELETE', path, { token: 'demo' })
    expect([gone.status, gone.body]).toEqual([204, undefined])
    expect(await requests()).toEqual(numbered(3, 2, 1, 0))
  })
})

routeLaws(
  'messages',
  messageRoutes,
  ['GET /messages 2.37–', 'GET /messages/:id 2.37–', 'DELETE /messages/:id 2.37–'],
  async (inner) => {
    await seed(inner.store)
    const rows = await inner.db.selectFrom('messages').select('id').execute()
    return { params: { id: rows.map((row) => row.id) } }
  },
)
