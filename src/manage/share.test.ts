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

describe('share stuck', () => {
  test('finds nothing where nothing is', async () => {
    await seed()
    const { code, out } = await world.run('share', 'stuck')
    expect([code, out]).toEqual([0, '0 stuck\n'])
  })

  test('finds a share that is being made by nobody', async () => {
    await seed()
    await world.inStore(({ db }) => db.updateTable('share_instances').set({ status: 'creating' }).execute())
    const { code, json } = await world.run('share', 'stuck', '-f', 'json')
    expect([code, json()]).toMatchObject([1, [{ kind: 'share-instance', status: 'creating' }]])
  })

  test('finds a share group and its snapshot that nobody makes, and not those whose lane has work', async () => {
    const common = { project_id: 'p', user_id: 'u', status: 'creating', created_at: 1 }
    const group = { ...common, host: '', share_group_type_id: 't' }
    await world.inStore(async ({ db }) => {
      for (const id of ['nobody', 'busy'])
        await db
          .insertInto('share_groups')
          .values({ ...group, id } as never)
          .execute()
      await db
        .insertInto('share_group_snapshots')
        .values({ ...common, id: 'taken', share_group_id: 'nobody' } as never)
        .execute()
      await db
        .insertInto('lanes')
        .values({
          lane: 'group:busy',
          holder: 'h',
          expires_at: clock.now() + 60_000_000,
          fence: 1,
          next_seq: 1,
        })
        .execute()
    })
    const { code, json } = await world.run('share', 'stuck', '-f', 'json')
    expect([code, json()]).toMatchObject([
      1,
      [
        { kind: 'share-group', id: 'nobody', of: 'nobody' },
        { kind: 'share-group-snapshot', id: 'taken', of: 'nobody' },
      ],
    ])
  })
})

describe('share update-host', () => {
  const [from, to] = ['node@old', 'node@new']
  const service = { binaryName: 'manila-share', topic: 'manila-share', availabilityZone: 'nova' }
  const backend = { backendName: 'x', availabilityZone: 'nova', reach: 'host', now: 1 } as const

  /** A share on `node@old#pool`; `seenAt`: when its service was last heard of. */
  async function deployed(seenAt = 1): Promise<void> {
    await seed()
    await world.inStore(async (store) => {
      await registerService(store, { host: from, ...service, now: seenAt })
      const id = await registerBackend(store, { label: from, ...backend })
      const pool = {
        capabilities: '{}',
        total_gib: 9,
        free_gib: 9,
        measured_at: 1,
        placed_gib: 2,
        reported: 1,
      }
      await store.db
        .insertInto('pools')
        .values({ id: 'p', backend_id: id, label: `${from}#pool`, name: 'pool', ...pool } as never)
        .execute()
      const host = `${from}#pool`
      await store.db
        .updateTable('share_instances')
        .set({ pool_id: 'p', backend_id: id, host, placed_gib: 2 })
        .execute()
      await store.db.updateTable('shares').set({ host }).execute()
    })
  }
  const hosts = () =>
    world.inStore(async ({ db }) => [
      (await db.selectFrom('shares').select('host').executeTakeFirstOrThrow()).host,
      (await db.selectFrom('share_instances').select('host').executeTakeFirstOrThrow()).host,
      ...(await db.selectFrom('services').select('host').where('host', 'like', 'node@%').execute()).map(
        ({ host }) => host,
      ),
    ])
  const move = (...more: readonly string[]) =>
    world.run('share', 'update-host', '--from', from, '--to', to, ...more)

  test('shows first, and does it when told to', async () => {
    await deployed()
    const trial = await move()
    expect([trial.code, trial.out]).toEqual([
      0,
      'node@old#pool → node@new#pool: 1 share instances\nnode@old → node@new: nothing was changed; say --apply\n',
    ])
    expect(await hosts()).toEqual(['node@old#pool', 'node@old#pool', 'node@old'])
    expect((await move('--apply')).out).toContain('node@old → node@new: renamed\n')
    expect(await hosts()).toEqual(['node@new#pool', 'node@new#pool', 'node@new'])
    expect((await world.run('capacity', 'recount')).code).toBe(0)
    expect((await world.run('db', 'check')).code).toBe(0)
  })

  test('replaces an empty namesake, and never one with shares', async () => {
    await deployed()
    await world.inStore(async (store) => {
      await registerService(store, { host: to, ...service, now: 1 })
      await registerBackend(store, { label: to, ...backend })
    })
    expect((await move('--apply')).code).toBe(0)
    expect(await hosts()).toEqual(['node@new#pool', 'node@new#pool', 'node@new'])
    await world.inStore((store) => registerBackend(store, { label: from, ...backend }))
    const { code, err } = await move('--apply')
    expect([code, err]).toEqual([1, 'manila-manage: node@new has shares of its own\n'])
  })

  test('refuses while somebody serves it, what is not there and what is no name', async () => {
    await deployed(clock.now())
    expect((await move()).err).toBe('manila-manage: a manila-share serves node@old: stop it first\n')
    const run = (one: string, other: string) =>
      world.run('share', 'update-host', '--from', one, '--to', other)
    expect((await run('node@nope', to)).err).toBe('manila-manage: there is no backend node@nope\n')
    expect((await run('node@old#pool', to)).code).toBe(2)
    expect((await run(from, '')).code).toBe(2)
  })
})
