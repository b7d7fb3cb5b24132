/** What changes a share without work for a backend is told to whoever follows it. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { seedShare } from '../seed.fixture.ts'
import { openBench, type Bench } from '../bench.fixture.ts'
import { shareRoutes } from './routes.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench(shareRoutes)
})
afterEach(() => bench.close())

it('into the recycle bin, out of it, another task state', async () => {
  const { id } = await seedShare(bench, 'demo')
  const told = async () =>
    (
      await bench.db
        .selectFrom('events')
        .select(['event', 'project_id'])
        .where('resource_id', '=', id)
        .where('event', '=', 'share.updated')
        .execute()
    ).length
  const act = (body: object) =>
    bench.call('POST', `/shares/${id}/action`, { token: 'admin', body }).then(({ status }) => status)
  const before = await told()
  expect(await act({ soft_delete: null })).toBe(202)
  expect(await told()).toBe(before + 1)
  expect(await act({ restore: null })).toBe(202)
  expect(await told()).toBe(before + 2)
  // It is in no bin: nothing changed, and nothing is told.
  expect(await act({ restore: null })).toBe(200)
  expect(await told()).toBe(before + 2)
  expect(await act({ reset_task_state: { task_state: null } })).toBe(202)
  expect(await told()).toBe(before + 3)
})
