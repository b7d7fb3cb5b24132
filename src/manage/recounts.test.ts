import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { registerBackend } from '../db/store/backends.ts'
import { registerService } from '../db/store/services.ts'
import { systemClock } from '../runtime/clock.ts'
import { testWorld, type TestWorld } from './bench.fixture.ts'

let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

const clock = systemClock()

const seed = (share?: object) => world.seedShare(share)

describe('quota recount', () => {
  test('of a database without faults prints nothing', async () => {
    await seed()
    const { code, out } = await world.run('quota', 'recount')
    expect([code, out]).toEqual([0, '0 differences\n'])
  })

  test('finds a total that is wrong, one that is missing and one for nothing, and corrects them', async () => {
    await seed()
    const { project_id } = await world.inStore(async ({ db }) => {
      const row = await db.selectFrom('shares').select(['project_id', 'user_id']).executeTakeFirstOrThrow()
      const project = db.updateTable('quota_usages').where('scope', '=', 'project')
      await project.set({ in_use: 7 }).where('resource', '=', 'gigabytes').execute()
      await db
        .deleteFrom('quota_usages')
        .where('scope', '=', 'user')
        .where('resource', '=', 'shares')
        .execute()
      await db
        .insertInto('quota_usages')
        .values({ project_id: 'f'.repeat(32), scope: 'project', scope_id: '', resource: 'shares', in_use: 1 })
        .execute()
      return row
    })
    const found = await world.run('quota', 'recount', '-f', 'json')
    expect(found.code).toBe(1)
    const brief = (
      found.json().differences as { scope: string; resource: string; recorded: number; counted: number }[]
    ).map((one) => `${one.scope} ${one.resource}: ${one.recorded}, ${one.counted}`)
    expect(brief.sort()).toEqual(['project gigabytes: 7, 2', 'project shares: 1, 0', 'user shares: 0, 1'])

    const one = await world.run('quota', 'recount', '--project', project_id)
    expect(one.out).toContain('2 differences\n')

    const fixed = await world.run('quota', 'recount', '--fix')
    expect(fixed.code).toBe(0)
    expect(fixed.out).toContain('3 differences, corrected\n')
    expect((await world.run('quota', 'recount')).out).toBe('0 differences\n')
  })

  test('many rows of the same cost are counted each', async () => {
    await seed()
    await seed()
    await seed({ status: 'error' })
    const { code, out } = await world.run('quota', 'recount')
    expect([code, out]).toEqual([0, '0 differences\n'])
  })

  test('a project is found by name, and an unknown one is said', async () => {
    await world.run('bootstrap')
    expect((await world.run('quota', 'recount', '--project', 'admin')).code).toBe(0)
    const { code, err } = await world.run('quota', 'recount', '--project', 'nope')
    expect([code, err]).toEqual([1, 'manila-manage: there is no project nope\n'])
  })
})

describe('capacity recount', () => {
  test('finds a pool that promises what nobody has, and corrects it', async () => {
    await seed()
    await world.inStore(async ({ db }) => {
      const { id } = await db.selectFrom('backends').select('id').executeTakeFirstOrThrow()
      const pool = { backend_id: id, capabilities: '{}', total_gib: 100, free_gib: 90, measured_at: 1 }
      for (const [name, placed_gib] of [
        ['right', 2],
        ['wrong', 30],
      ] as const) {
        const label = `node@sim#${name}`
        await db
          .insertInto('pools')
          .values({ ...pool, id: name, label, name, placed_gib, reported: 1 })
          .execute()
      }
      await db.updateTable('share_instances').set({ pool_id: 'right', placed_gib: 2 }).execute()
    })
    const found = await world.run('capacity', 'recount', '-f', 'json')
    expect([found.code, found.json().differences]).toEqual([
      1,
      [{ poolId: 'wrong', label: 'node@sim#wrong', recorded: 30, counted: 0 }],
    ])
    expect((await world.run('capacity', 'recount', '--fix')).out).toContain('1 differences, corrected')
    const again = await world.run('capacity', 'recount')
    expect([again.code, again.out]).toEqual([0, '0 differences\n'])
  })
})

describe('service list', () => {
  test('says who is up, down and why a backend is not ready', async () => {
    await world.inStore(async (store) => {
      const zone = { availabilityZone: 'nova', now: clock.now() }
      const service = { binaryName: 'manila-share', topic: 'manila-share', ...zone }
      await registerService(store, { host: 'node@old', ...service, now: 1 })
      await registerService(store, { host: 'node@new', ...service })
      const backend = { backendName: 'new', reach: 'host', ...zone } as const
      const id = await registerBackend(store, { label: 'node@new', ...backend })
      await store.db
        .updateTable('backends')
        .set({ health: 'failed', health_reason: 'no disk\u001b[2J' })
        .where('id', '=', id)
        .execute()
    })
    const { json } = await world.run('service', 'list', '-f', 'json')
    expect(json()).toMatchObject([
      { host: 'node@old', state: 'down', backend: null },
      { host: 'node@new', state: 'up', status: 'enabled', zone: 'nova', backend: 'failed' },
    ])
    const { out } = await world.run('service', 'list')
    expect(out).toContain('no disk\\x1b[2J')
  })
})
