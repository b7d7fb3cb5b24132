import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { registerBackend } from '../db/store/backends.ts'
import { registerService } from '../db/store/services.ts'
import { instanceLane } from '../model/lanes.ts'
import { systemClock } from '../runtime/clock.ts'
import { testWorld, type TestWorld } from './bench.fixture.ts'

let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

const clock = systemClock()
const to = 'node@new#pool'

/** A share on `node@sim#pool`, and the empty pool {@link to} whose manila-share was last heard of at `seenAt`. */
async function deployed(seenAt = 1): Promise<{ id: string; instanceId: string }> {
  const seeded = (await world.seedShare()) as { id: string; instanceId: string }
  await world.inStore(async (store) => {
    const service = { binaryName: 'manila-share', topic: 'manila-share', availabilityZone: 'nova' }
    await registerService(store, { host: 'node@new', ...service, now: seenAt })
    const backend = { backendName: 'x', availabilityZone: 'nova', reach: 'host', now: 1 } as const
    const backend_id = await registerBackend(store, { label: 'node@new', ...backend })
    const space = {
      capabilities: '{}',
      total_gib: 9,
      free_gib: 9,
      measured_at: 1,
      placed_gib: 0,
      reported: 1,
    }
    await store.db
      .insertInto('pools')
      .values({ id: 'p', backend_id, label: to, name: 'pool', ...space } as never)
      .execute()
  })
  return seeded
}
const move = (id: string, target = to) => world.run('share', 'move', id, '--to', target, '--apply')

describe('share move is refused', () => {
  test('for what is no id, no pool and not there', async () => {
    await deployed()
    expect((await move('nonsense')).code).toBe(2)
    expect((await move(randomUUID(), 'node@new')).code).toBe(2)
    expect((await world.run('share', 'move')).code).toBe(2)
    expect((await move(randomUUID())).err).toMatch(/^manila-manage: there is no share /)
  })

  test('while a manila-share serves either backend', async () => {
    const { id } = await deployed(clock.now())
    expect((await move(id)).err).toMatch(/a manila-share serves node@new: stop it first/)
  })

  test('for a pool that nobody reported, and for the one it is on', async () => {
    const { id } = await deployed()
    expect((await move(id, 'node@new#other')).err).toMatch(/no backend has reported a pool node@new#other/)
    await world.inStore(({ db }) =>
      db.updateTable('share_instances').set({ host: 'node@new#elsewhere' }).execute(),
    )
    expect((await move(id)).err).toMatch(/it is on node@new already/)
  })

  test('for a share that is not at rest', async () => {
    const { id, instanceId } = await deployed()
    const set = (status: string) =>
      world.inStore(({ db }) => db.updateTable('share_instances').set({ status }).execute())
    await set('extending')
    expect((await move(id)).err).toMatch(/it is extending; only an available share is moved/)
    await set('available')
    await world.inStore(({ db }) =>
      db
        .insertInto('operation_lanes')
        .values({ operation_id: randomUUID(), lane: instanceLane(instanceId), lane_seq: 1, finished: 0 })
        .execute(),
    )
    expect((await move(id)).err).toMatch(/an operation waits for it/)
  })

  test('from a host that is not this configuration’s', async () => {
    const { id } = await deployed()
    expect((await move(id)).err).toMatch(/node@sim is not in this configuration: run this on the host/)
  })
})
