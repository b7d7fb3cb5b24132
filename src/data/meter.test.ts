/** Usage over time, as it is written and thinned, on every database. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seedShare } from '../api/seed.fixture.ts'
import type { Bench } from '../api/bench.fixture.ts'
import { openTestStore } from '../db/store.fixture.ts'
import type { Store } from '../db/open.ts'
import { usagePoints, type UsageKind } from '../db/store/usage-points.ts'
import { usageSteps } from '../model/usage-steps.ts'
import { meter, purgeMeter } from './meter.ts'

const secondUs = 1_000_000
const gib = 2 ** 30
const [fine, hour, day] = usageSteps.map(({ seconds }) => seconds) as [number, number, number]
/** A day's beginning. */
const begin = Math.floor(Date.parse('2026-11-27T00:00:00Z') * 1000)

let store: Store
let now = begin
const clock = { now: () => now }
const parts = () => ({ store, clock })
beforeEach(async () => {
  store = await openTestStore()
  now = begin + 7 * secondUs
})
afterEach(() => store.close())

interface Seeded {
  readonly id: string
  readonly instanceId: string
}
const share = (projectId: 'demo' | 'other', size: number): Promise<Seeded> =>
  seedShare({ store, db: store.db, id: () => randomUUID(), clock } as unknown as Bench, projectId, { size })

async function measured({ instanceId: instance }: Seeded, used: number | null, at = now): Promise<void> {
  await store.db.deleteFrom('usages').where('id', '=', instance).execute()
  await store.db
    .insertInto('usages')
    .values({
      id: instance,
      kind: 'share',
      used_bytes: used,
      referenced_bytes: null,
      exclusive_bytes: null,
      reason: null,
      method: 'statfs',
      measured_at: at,
    })
    .execute()
}

const all = { since: 0, until: Number.MAX_SAFE_INTEGER }
const points = async (kind: UsageKind, id: string, stepS: number) =>
  (await usagePoints(store.db, kind, id, { stepS, ...all })).map((one) => [
    (one.at - begin) / secondUs,
    one.size_bytes === null ? null : one.size_bytes / gib,
    one.used_bytes,
  ])
const projectOf = async ({ id }: Seeded): Promise<string> =>
  (await store.db.selectFrom('shares').select('project_id').where('id', '=', id).executeTakeFirstOrThrow())
    .project_id

test('each moment is written once, however many processes look, and what has not changed once an hour', async () => {
  const quiet = await share('demo', 2)
  const busy = await share('demo', 3)
  for (let moment = 0; moment <= 13; moment++) {
    await measured(quiet, 100)
    await measured(busy, 1000 + moment)
    await Promise.all([meter(parts()), meter(parts()), meter(parts())])
    await meter(parts())
    now += fine * secondUs
  }
  expect(await points('share', quiet.id, fine)).toEqual([
    [0, 2, 100],
    [3600, 2, 100],
  ])
  expect(await points('share', busy.id, fine)).toEqual(
    Array.from({ length: 14 }, (_, moment) => [moment * fine, 3, 1000 + moment]),
  )
  const hours = async ({ id }: Seeded) => (await points('share', id, hour)).map(([at]) => at)
  expect([await hours(quiet), await hours(busy)]).toEqual([[0], [0, 3600]])
  expect((await points('share', busy.id, day)).map(([at]) => at)).toEqual([0])
  const project = await points('project', await projectOf(quiet), fine)
  expect(project).toEqual(Array.from({ length: 14 }, (_, moment) => [moment * fine, 5, 1100 + moment]))
})

test('what was measured too long ago is not known, another size is a change, and a moment that nobody was there for is a gap', async () => {
  const one = await share('demo', 1)
  await measured(one, 5)
  await meter(parts())
  now += 700 * secondUs
  await meter(parts())
  await store.db.updateTable('shares').set({ size: 4 }).where('id', '=', one.id).execute()
  now += fine * secondUs
  await measured(one, 5)
  await meter(parts())
  expect(await points('share', one.id, fine)).toEqual([
    [0, 1, 5],
    [600, 1, null],
    [900, 4, 5],
  ])
})

test('who dies in the middle leaves a gap: no project has a point whose shares have none', async () => {
  const one = await share('demo', 1)
  for (const dyingAt of [1, 2]) {
    await measured(one, 7 + dyingAt)
    let inserts = 0
    const db = new Proxy(store.db, {
      get(real, name) {
        if (name === 'insertInto' && ++inserts === dyingAt) throw new Error('killed')
        // Its fields are its own: a method has to be called on itself.
        const value: unknown = Reflect.get(real, name, real)
        return typeof value === 'function' ? (value.bind(real) as unknown) : value
      },
    })
    await expect(meter({ store: { ...store, db }, clock })).rejects.toThrow('killed')
    const shares = await points('share', one.id, fine)
    const project = await points('project', await projectOf(one), fine)
    expect([dyingAt, shares.length, project.length]).toEqual([dyingAt, dyingAt - 1, 0])
    now += fine * secondUs
  }
})

test('projects are summed apart, pools tell what is free, and the step of a moment that was missed is written late', async () => {
  const [a, b] = [await share('demo', 1), await share('other', 10)]
  await measured(a, 7)
  await meter(parts())
  now += 3600 * secondUs + 20 * 60 * secondUs
  await measured(b, 9)
  await meter(parts())
  expect(await points('project', await projectOf(a), hour)).toEqual([
    [0, 1, 7],
    [3600, 1, null],
  ])
  expect(await points('project', await projectOf(b), hour)).toEqual([
    [0, 10, null],
    [3600, 10, 9],
  ])
  expect(await points('project', await projectOf(b), fine)).toEqual([
    [0, 10, null],
    [4800, 10, 9],
  ])
})

test('two thousand and more shares are three statements more, and what has served its time goes', async () => {
  const first = await share('demo', 1)
  const row = await store.db
    .selectFrom('shares')
    .selectAll()
    .where('id', '=', first.id)
    .executeTakeFirstOrThrow()
  const many = Array.from({ length: 2500 }, () => ({ ...row, id: randomUUID(), instance_id: randomUUID() }))
  for (let start = 0; start < many.length; start += 200) {
    await store.db
      .insertInto('shares')
      .values(many.slice(start, start + 200))
      .execute()
  }
  await meter(parts())
  const count = async (stepS: number): Promise<number> =>
    Number(
      (
        await store.db
          .selectFrom('usage_points')
          .select((eb) => eb.fn.countAll().as('n'))
          .where('kind', '=', 'share')
          .where('step_s', '=', stepS)
          .executeTakeFirstOrThrow()
      ).n,
    )
  expect(await Promise.all([count(fine), count(hour), count(day)])).toEqual([2501, 2501, 2501])
  const kept = usageSteps.map(({ keptS }) => keptS) as [number, number, number]
  for (const [index, left] of [
    [0, [0, 2501, 2501]],
    [1, [0, 0, 2501]],
    [2, [0, 0, 0]],
  ] as const) {
    now = begin + kept[index] * secondUs
    while ((await purgeMeter(parts())) > 0);
    now += secondUs
    while ((await purgeMeter(parts())) > 0);
    expect(await Promise.all([count(fine), count(hour), count(day)])).toEqual(left)
  }
})
