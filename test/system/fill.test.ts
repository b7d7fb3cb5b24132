/** A database that the bench fills is one that the service could have written: its own checkers find no fault. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore, type Store } from '../../src/db/open.ts'
import { recountCapacity } from '../../src/db/store/capacity-recount.ts'
import { orderEvents } from '../../src/db/store/event-order.ts'
import { recountQuota } from '../../src/db/store/quota-recount.ts'
import { checkSchema } from '../../src/db/store/schema-check.ts'
import { stuckThings } from '../../src/db/store/stuck.ts'
import { placeOf } from '../helpers/place.ts'
import { fill } from '../perf/fill/fill.ts'

const dir = mkdtempSync(join(tmpdir(), 'manila-fill-'))
const plan = { shares: 300, projects: 7, pools: 130, now: Date.now() * 1000 }
let url = ''
let store: Store

beforeAll(async () => {
  url = (await placeOf(dir)).database
  await fill(url, plan, () => {})
  store = await openStore(url)
})
afterAll(async () => {
  await store.close()
  rmSync(dir, { recursive: true })
})

const count = async (table: 'shares' | 'access_rules' | 'snapshots' | 'pools'): Promise<number> => {
  const all = store.db.selectFrom(table).select((eb) => eb.fn.countAll().as('n'))
  return Number((await all.executeTakeFirstOrThrow()).n)
}

test('it has what was asked for', async () => {
  expect(await count('shares')).toBe(300)
  expect(await count('access_rules')).toBe(900)
  expect(await count('snapshots')).toBe(900)
  expect(await count('pools')).toBe(130)
})

test('schema, quota, capacity and states are right', async () => {
  expect(await checkSchema(store)).toEqual([])
  expect(await recountQuota(store.db)).toEqual([])
  expect(await recountCapacity(store.db)).toEqual([])
  expect(await stuckThings(store.db, Date.now() * 1000)).toEqual([])
})

test('its events are in order, so that the next one comes behind them', async () => {
  expect(await orderEvents(store)).toBe(0)
})

test('rows find one another', async () => {
  const lone = await store.db
    .selectFrom('shares')
    .leftJoin('share_instances', 'share_instances.id', 'shares.instance_id')
    .leftJoin('pools', 'pools.id', 'share_instances.pool_id')
    .leftJoin('backends', 'backends.id', 'pools.backend_id')
    .leftJoin('projects', 'projects.id', 'shares.project_id')
    .select('shares.id')
    .where((eb) => eb.or([eb('backends.id', 'is', null), eb('projects.id', 'is', null)]))
    .execute()
  expect(lone).toEqual([])
  const instances = await store.db
    .selectFrom('snapshot_instances')
    .innerJoin('snapshots', 'snapshots.id', 'snapshot_instances.snapshot_id')
    .innerJoin('shares', 'shares.instance_id', 'snapshot_instances.share_instance_id')
    .whereRef('shares.id', '=', 'snapshots.share_id')
    .select('snapshots.id')
    .execute()
  expect(instances).toHaveLength(900)
})

test('a database that has shares is left alone', async () => {
  // A file belongs to one at a time.
  await store.close()
  try {
    await expect(fill(url, plan, () => {})).rejects.toThrow('has shares already')
  } finally {
    store = await openStore(url)
  }
})
