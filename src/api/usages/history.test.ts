/** Usage over time over HTTP: whose, at which moments, and what is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filled } from '../../app/usages/history.ts'
import { meter } from '../../data/meter.ts'
import type { UsagePoint } from '../../db/store/usage-points.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { seedBackend, seedShare } from '../seed.fixture.ts'
import { openBench, personas, type Bench, type Token } from '../bench.fixture.ts'
import { usageRoutes } from './routes.ts'

let bench: Bench
let mine: { readonly id: string; readonly instanceId: string }
const fineUs = 300 * 1_000_000
let began = 0
beforeAll(async () => {
  bench = await openBench(usageRoutes)
  mine = await seedShare(bench, 'demo', { size: 2 })
  await seedShare(bench, 'other', { size: 7, is_public: 1 })
  const backend = await seedBackend(bench)
  began = Math.floor(bench.clock.now() / fineUs) * fineUs
  await bench.db
    .insertInto('pools')
    .values({
      id: bench.id(),
      backend_id: backend,
      label: 'node@sim#pool',
      name: 'pool',
      capabilities: '{}',
      total_gib: 100,
      free_gib: 75.5,
      measured_at: bench.clock.now(),
      placed_gib: 9,
      reported: 1,
    })
    .execute()
  for (const used of [1000, 1000, 2000]) {
    await bench.db.deleteFrom('usages').execute()
    const row = {
      kind: 'share',
      referenced_bytes: null,
      exclusive_bytes: null,
      reason: null,
      method: 'x',
    } as const
    await bench.db
      .insertInto('usages')
      .values({ ...row, id: mine.instanceId, used_bytes: used, measured_at: bench.clock.now() })
      .execute()
    await meter(bench)
    bench.clock.advance(300)
  }
})
afterAll(() => bench.close())

const history = async (path: string, token: Token = 'demo') => {
  const { status, body } = await bench.call('GET', path, { token })
  return { status, ...body.usage_history, said: JSON.stringify(body) }
}
const at = (moment: number): string => isoMicros(began + moment * fineUs)

test('a share at each moment, also where nothing had changed', async () => {
  const { status, id, step_s, points } = await history(`/shares/${mine.id}/usage/history`)
  expect([status, id, step_s]).toEqual([200, mine.id, 300])
  const size_bytes = 2 * 2 ** 30
  expect(points).toEqual([
    { at: at(0), size_bytes, used_bytes: 1000 },
    { at: at(1), size_bytes, used_bytes: 1000 },
    { at: at(2), size_bytes, used_bytes: 2000 },
  ])
  const some = await history(`/shares/${mine.id}/usage/history?since=${at(1)}&until=${at(2)}`)
  expect(some.points).toEqual([{ at: at(1), size_bytes, used_bytes: 1000 }])
})

test('the project, another one for administrators, and a pool', async () => {
  const own = await history('/usage/history')
  expect(own.id).toBe(personas.demo.projectId)
  expect(own.points.at(-1)).toEqual({ at: at(2), size_bytes: 2 * 2 ** 30, used_bytes: 2000, shares: 1 })
  const asked = `/usage/history?project_id=${personas.other.projectId}`
  expect((await history(asked, 'admin')).points.at(-1)).toMatchObject({
    size_bytes: 7 * 2 ** 30,
    used_bytes: null,
  })
  expect((await history(asked)).status).toBe(403)
  expect((await history(`/usage/history?project_id=${personas.demo.projectId}`)).status).toBe(200)
  const pool = await history('/scheduler-stats/pools/history?pool=node%40sim%23pool', 'admin')
  expect([pool.id, pool.points[0]]).toEqual([
    'node@sim#pool',
    { at: at(0), size_bytes: 100 * 2 ** 30, used_bytes: 24.5 * 2 ** 30, placed_bytes: 9 * 2 ** 30 },
  ])
})

test('walls: of others not even a public share', async () => {
  const path = `/shares/${mine.id}/usage/history`
  expect((await history(path, 'other')).status).toBe(404)
  expect((await history(path, 'nobody')).status).toBe(403)
  expect((await history(path, 'admin')).status).toBe(200)
  const theirs = await bench.db
    .selectFrom('shares')
    .select('id')
    .where('project_id', '=', personas.other.projectId)
    .executeTakeFirstOrThrow()
  expect((await history(`/shares/${theirs.id}/usage/history`)).status).toBe(403)
  expect((await history('/scheduler-stats/pools/history?pool=node%40sim%23pool')).status).toBe(403)
})

test.each([
  ['since=yesterday', 'since'],
  ['until=%00', 'NUL'],
  ['since=2026-01-02T00:00:00&until=2026-01-01T00:00:00', 'before until'],
  ['since=2024-01-02T00:00:00&step=5min', 'coarser'],
  ['step=week', '5min, hour, day'],
  ['limit=3', 'limit'],
])('%s is refused with words', async (query, word) => {
  const { status, said } = await history(`/usage/history?${query}`)
  expect([status, said]).toEqual([400, expect.stringContaining(word)])
})

test('a pool that is not there is 404, and the coarser steps reach back further', async () => {
  expect((await history('/scheduler-stats/pools/history?pool=x', 'admin')).status).toBe(404)
  const month = isoMicros(bench.clock.now() - 20 * 86_400 * 1_000_000)
  expect((await history(`/usage/history?since=${month}`)).step_s).toBe(3600)
  const year = isoMicros(bench.clock.now() - 300 * 86_400 * 1_000_000)
  expect((await history(`/usage/history?since=${year}`)).step_s).toBe(86_400)
})

test('a point stands for so long at most, and only at moments when somebody wrote', () => {
  const point = (minutes: number, used: number) =>
    ({ at: minutes * 60 * 1_000_000, used_bytes: used }) as UsagePoint
  const moments = [0, 5, 10, 60, 65, 70].map((minutes) => ({ at: minutes * 60 * 1_000_000 }))
  const hourUs = 3600 * 1_000_000
  const points = filled([point(0, 1), point(10, 2)], moments, hourUs)
  expect(points.map((one) => [one.at / 60_000_000, one.used_bytes])).toEqual([
    [0, 1],
    [5, 1],
    [10, 2],
    [60, 2],
    [65, 2],
    [70, 2],
  ])
  expect(filled([point(0, 1)], [{ at: 61 * 60 * 1_000_000 }], hourUs)).toEqual([])
  expect(filled([], moments, hourUs)).toEqual([])
})
