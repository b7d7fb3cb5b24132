import { afterEach, beforeEach, expect, test } from 'vitest'
import { usagesOfShares } from '../../db/store/usages.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { seedShare, seedSnapshot } from '../seed.fixture.ts'
import { openBench, personas, type Bench, type Token } from '../bench.fixture.ts'
import { usageRoutes } from './routes.ts'

const table = [
  'GET /shares/:id/usage 2.0–',
  'GET /snapshots/:id/usage 2.0–',
  'GET /usage/shares 2.0–',
  'GET /shares/:id/usage/history 2.0–',
  'GET /usage/history 2.0–',
  'GET /scheduler-stats/pools/history 2.0–',
]
routeLaws('usage', usageRoutes, table, async (bench) => {
  const share = await seedShare(bench)
  const snapshot = await seedSnapshot(bench, share)
  serveMeasures(bench, share.backendId, [share.instanceId, snapshot.instanceId])
  return { params: { id: [share.id, snapshot.id] } }
})

let bench: Bench
let share: { id: string; instanceId: string; backendId: string }
beforeEach(async () => {
  bench = await openBench(usageRoutes)
  share = await seedShare(bench)
})
afterEach(() => bench.close())

const get = (path: string, token: Token = 'demo') => bench.call('GET', path, { token })

const measure = (id: string, used: number, exclusive: number | null = null): Promise<void> =>
  write(bench, id, used, exclusive)

async function write(on: Bench, id: string, used: number, exclusive: number | null): Promise<void> {
  await on.db.deleteFrom('usages').where('id', '=', id).execute()
  await on.db
    .insertInto('usages')
    .values({
      id,
      kind: 'share',
      used_bytes: used,
      referenced_bytes: used,
      exclusive_bytes: exclusive,
      reason: exclusive === null ? 'shared extents' : null,
      method: 'btrfs-qgroup',
      measured_at: on.clock.now(),
    })
    .execute()
}

/** A share manager that measures whatever it is asked for, one question after the other. */
function serveMeasures(on: Bench, backendId: string, ids: readonly string[], asked: number[] = []) {
  let last: Promise<unknown> = Promise.resolve()
  return on.bus.serve(`share.${backendId}`, 'usage.wanted', ({ atLeast }) => {
    asked.push(atLeast)
    last = last
      .then(async () => {
        for (const id of ids) await write(on, id, 4096, null)
      })
      .then(() => on.bus.cast('usages', 'usage.measured', { backendId }))
  })
}

const serving = (ids: readonly string[], asked: number[] = []) =>
  serveMeasures(bench, share.backendId, ids, asked)

test('what was last measured, or why there is nothing', async () => {
  const nothing = await get(`/shares/${share.id}/usage`)
  expect(nothing.body.usage).toEqual({
    id: share.id,
    size_gib: 2,
    used_bytes: null,
    referenced_bytes: null,
    exclusive_bytes: null,
    reason: 'It has not been measured yet.',
    method: null,
    measured_at: null,
  })
  await measure(share.instanceId, 1234)
  const usage = { used_bytes: 1234, exclusive_bytes: null, method: 'btrfs-qgroup' }
  // A driver's words may name its paths: tenants get a sentence of the service.
  for (const [token, reason] of [
    ['demo', 'The backend that holds it has no such figure at present.'],
    ['admin', 'shared extents'],
  ] as const)
    expect((await get(`/shares/${share.id}/usage`, token)).body.usage).toMatchObject({ ...usage, reason })
})

test('refresh waits for a measurement newer than the request', async () => {
  await measure(share.instanceId, 1)
  const snapshot = await seedSnapshot(bench, share)
  const asked: number[] = []
  const stop = serving([share.instanceId, snapshot.instanceId], asked)
  const before = bench.clock.now()
  for (const path of [`/shares/${share.id}`, `/snapshots/${snapshot.id}`]) {
    const { status, body } = await get(`${path}/usage?refresh=true`)
    expect([status, body.usage.used_bytes]).toEqual([200, 4096])
  }
  stop()
  expect(asked).toHaveLength(2)
  expect(asked.every((stamp) => stamp > before)).toBe(true)
})

test('a lost message only costs a look', async () => {
  const stop = bench.bus.serve(`share.${share.backendId}`, 'usage.wanted', () => {
    void measure(share.instanceId, 7)
  })
  expect((await get(`/shares/${share.id}/usage?refresh=1`)).body.usage.used_bytes).toBe(7)
  stop()
})

test('nobody measures: 503 says when to come back, and to administrators which backend it is', async () => {
  bench.settings.api.usage_wait_s = 1
  await measure(share.instanceId, 1)
  const { status, body, headers } = await get(`/shares/${share.id}/usage?refresh=true`, 'admin')
  expect(status).toBe(503)
  expect(body.serviceUnavailable.message).toContain('node@sim')
  expect(headers['retry-after']).toBe('1')
  const tenants = await get(`/shares/${share.id}/usage?refresh=true`)
  expect([tenants.status, tenants.body.serviceUnavailable.message.includes('node@')]).toEqual([503, false])
})

test('on no backend there is nothing to wait for', async () => {
  await bench.db.updateTable('share_instances').set({ backend_id: null }).execute()
  const { body } = await get(`/shares/${share.id}/usage?refresh=true`)
  expect(body.usage.reason).toBe('It is on no backend.')
})

test('is for the owner: private shares of others 404, public ones 403, snapshots 404', async () => {
  expect((await get(`/shares/${share.id}/usage`, 'other')).status).toBe(404)
  const open = await seedShare(bench, 'demo', { is_public: 1 })
  expect((await get(`/shares/${open.id}/usage`, 'other')).status).toBe(403)
  const snapshot = await seedSnapshot(bench, open)
  expect((await get(`/snapshots/${snapshot.id}/usage`, 'other')).status).toBe(404)
  expect((await get(`/shares/${share.id}/usage`, 'reader')).status).toBe(200)
  expect((await get(`/shares/${share.id}/usage?refresh=perhaps`)).status).toBe(400)
})

test('of several at once: as one is shown, in the order asked for, and of others nothing', async () => {
  const second = await seedShare(bench, 'demo', { size: 9 }, { backend_id: null })
  const theirs = await seedShare(bench, 'other', { is_public: 1 })
  const hidden = await seedShare(bench, 'other')
  await measure(share.instanceId, 1234)
  await measure(theirs.instanceId, 5)
  const all = [theirs.id, second.id, bench.id(), share.id, hidden.id, second.id]
  const { status, body } = await get(`/usage/shares?id=${all.join(',')}`)
  const one = async (id: string, token: Token = 'demo') =>
    (await get(`/shares/${id}/usage`, token)).body.usage
  expect([status, body.usages]).toEqual([200, [await one(second.id), await one(share.id)]])
  expect(body.usages[0].reason).toBe('It is on no backend.')
  expect(body.usages[1]).toMatchObject({ used_bytes: 1234, size_gib: 2, method: 'btrfs-qgroup' })
  const admins = (await get(`/usage/shares?id=${all.join('&id=')}`, 'admin')).body.usages
  expect(admins).toEqual([
    await one(theirs.id, 'admin'),
    await one(second.id, 'admin'),
    await one(share.id, 'admin'),
    await one(hidden.id, 'admin'),
  ])
  expect((await get(`/usage/shares?id=${share.id}`, 'nobody')).status).toBe(403)
  // Whatever a policy of the operator's lets through: of another project's share the database is not even asked.
  const scope = { projectId: personas.demo.projectId }
  expect(await usagesOfShares(bench.db, scope, [hidden.id])).toEqual([])
})

test('of a page, and no more', async () => {
  const ids = (count: number) => Array.from({ length: count }, () => bench.id()).join(',')
  expect((await get(`/usage/shares?id=${ids(100)}`)).body).toEqual({ usages: [] })
  for (const [query, words] of [
    [`?id=${ids(101)}`, '100 times at most'],
    ['?id=', 'must not be empty'],
    ['', 'id'],
    [`?id=${'x'.repeat(65)}`, '64 characters'],
    ['?id=x&refresh=true', 'refresh'],
  ]) {
    const { status, body } = await get(`/usage/shares${query}`)
    expect([query, status, JSON.stringify(body)]).toEqual([query, 400, expect.stringContaining(words ?? '')])
  }
})
