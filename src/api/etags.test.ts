/** Pollers: what they have already is not sent again, and whatever changed is. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openBench, type Bench } from './bench.fixture.ts'
import { routes } from './routes.ts'
import { seedShare } from './seed.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench(routes)
})
afterEach(() => bench.close())

const poll = (path: string, held?: string, version = '2.99') =>
  bench.app.inject({
    method: 'GET',
    url: `/v2${path}`,
    headers: {
      'x-auth-token': 'demo',
      'x-openstack-manila-api-version': version,
      ...(held === undefined ? {} : { 'if-none-match': held }),
    },
  })

test('a show that has not changed is 304 without a body, and what changed in any table is sent', async () => {
  const { id, instanceId } = await seedShare(bench, 'demo')
  const path = `/shares/${id}`
  const first = await poll(path)
  const tag = String(first.headers.etag)
  expect(tag).toMatch(/^"[\w-]{27}"$/)
  for (const held of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const again = await poll(path, held)
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', tag])
    expect(again.headers['content-type']).toBeUndefined()
    expect(again.headers).toMatchObject({
      'cache-control': 'no-store',
      vary: first.headers.vary,
      'x-openstack-manila-api-version': '2.99',
    })
  }
  const columns = { progress: '42%' }
  await bench.db.updateTable('shares').set(columns).where('instance_id', '=', instanceId).execute()
  const changed = await poll(path, tag)
  expect([changed.statusCode, changed.json().share.progress]).toEqual([200, '42%'])
  expect(changed.headers.etag).not.toBe(tag)
  // What another microversion shows is another answer.
  expect((await poll(path, String(changed.headers.etag), '2.8')).statusCode).toBe(200)
})

test('a list is 304 until it has one more, and one less', async () => {
  await seedShare(bench, 'demo')
  const tagOf = async (held?: string) => {
    const { statusCode, headers } = await poll('/shares/detail?limit=10', held)
    return [statusCode, String(headers.etag)] as const
  }
  const [, one] = await tagOf()
  expect(await tagOf(one)).toEqual([304, one])
  const { id } = await seedShare(bench, 'demo')
  const [status, two] = await tagOf(one)
  expect(status).toBe(200)
  expect(await tagOf(two)).toEqual([304, two])
  await bench.db.updateTable('shares').set({ is_soft_deleted: 1 }).where('id', '=', id).execute()
  expect(await tagOf(two)).toEqual([200, one])
})

test('a long list has a tag for who asks with one', async () => {
  for (let made = 0; made < 20; made++) await seedShare(bench, 'demo')
  const path = '/shares/detail?limit=20'
  const first = await poll(path)
  expect([first.statusCode, first.headers.etag]).toEqual([200, undefined])
  const asked = await poll(path, '""')
  expect([asked.statusCode, asked.body]).toEqual([200, first.body])
  expect((await poll(path, String(asked.headers.etag))).statusCode).toBe(304)
})

test('a refusal has none, and a tag is no way around one', async () => {
  const { id } = await seedShare(bench, 'admin')
  const refused = await poll(`/shares/${id}`, '*')
  expect([refused.statusCode, refused.headers.etag]).toEqual([404, undefined])
  const changing = await bench.call('PUT', `/shares/${id}`, {
    headers: { 'if-none-match': '*' },
    body: { share: { display_name: 'n' } },
  })
  expect([changing.status, changing.headers.etag]).toEqual([200, undefined])
})
