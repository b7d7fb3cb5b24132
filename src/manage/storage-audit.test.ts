import { afterEach, beforeEach, expect, test } from 'vitest'
import { registerBackend } from '../db/store/backends.ts'
import { confirmUs, noteSeen, type Seen } from '../db/store/storage-findings.ts'
import { systemClock } from '../runtime/clock.ts'
import { testWorld, type TestWorld } from './bench.fixture.ts'

let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

const seen: readonly Seen[] = [
  { kind: 'share', problem: 'orphan', resourceId: '11111111-0000-4000-8000-000000000001' },
  { kind: 'snapshot', problem: 'orphan', resourceId: '11111111-0000-4000-8000-000000000002' },
  { kind: 'share', problem: 'missing', resourceId: '11111111-0000-4000-8000-000000000003' },
]

/** What a manila-share noted of `node@alpha`, `confirmUs` apart. */
const noted = (what: readonly Seen[]) =>
  world.inStore(async (store) => {
    const zone = { availabilityZone: 'nova', reach: 'host', now: 1 } as const
    const id = await registerBackend(store, { label: 'node@alpha', backendName: 'alpha', ...zone })
    const now = systemClock().now()
    await noteSeen(store, id, what, now - confirmUs - 1)
    await noteSeen(store, id, what, now)
  })
const orphans = () => world.inStore(({ db }) => db.selectFrom('orphans').selectAll().execute())

test('finds nothing where nothing was found', async () => {
  await noted([])
  const { code, out } = await world.run('storage', 'audit')
  expect([code, out]).toEqual([0, '0 found\n'])
})

test('lists what was found twice, and changes nothing until told twice', async () => {
  await noted(seen)
  const { code, json } = await world.run('storage', 'audit', '-f', 'json')
  expect(code).toBe(1)
  expect(json()).toMatchObject(seen.map((one) => ({ ...one, backend: 'node@alpha' })))
  const asked = await world.run('storage', 'audit', '--repair')
  expect([asked.code, await orphans()]).toEqual([1, []])
  expect(asked.out).toMatch(/would be taken away[\s\S]*3 found; nothing was changed, say --yes\n$/)
  expect((await world.run('storage', 'audit', '--yes')).code).toBe(2)
})

test('--repair --yes hands the orphans, and only those, to the manila-share of their backend', async () => {
  await noted(seen)
  const { code, json } = await world.run('storage', 'audit', '--repair', '--yes', '-f', 'json')
  const fates = (json() as { fate: string }[]).map((one) => one.fate)
  // What is missing is left, and said to be.
  expect([code, fates.sort()]).toEqual([1, ['', 'will be taken away', 'will be taken away']])
  const queued = (await orphans()).map(({ kind, resource_id }) => `${kind} ${resource_id}`)
  expect(queued.sort()).toEqual([`share ${seen[0]?.resourceId}`, `snapshot ${seen[1]?.resourceId}`])
  const again = await world.run('storage', 'audit')
  expect([again.code, again.out]).toMatchObject([
    1,
    expect.stringMatching(
      /missing[\s\S]*1 found[\s\S]*an operator had it taken away\n2 still to be taken away\n$/,
    ),
  ])
  const leaving = (await world.run('storage', 'audit', '-f', 'json')).json() as Record<string, unknown>[]
  expect(leaving.filter(({ problem }) => problem === 'leaving')).toMatchObject(
    queued.map((one) => ({ backend: 'node@alpha', kind: one.split(' ')[0], resourceId: one.split(' ')[1] })),
  )
})

test('a repair leaves what got a row since', async () => {
  await world.seedShare()
  const [row] = await world.inStore(({ db }) => db.selectFrom('share_instances').select('id').execute())
  await noted([{ kind: 'share', problem: 'orphan', resourceId: row?.id ?? '' }])
  const { code, out } = await world.run('storage', 'audit', '--repair', '--yes')
  expect([code, await orphans()]).toEqual([1, []])
  expect(out).toContain('a row has it by now')
})
