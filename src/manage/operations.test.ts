import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listProcesses, registerProcess } from '../db/store/processes.ts'
import { testWorld, type TestWorld } from './bench.fixture.ts'

let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

const process_ = (id: string, node: string) => ({
  id,
  program: 'manila-share',
  node,
  pid: 7,
  kernel_id: 'k',
  version: '1',
  started_at: 1,
  serviceIds: [],
})

describe('db', () => {
  test('check finds nothing in a fresh database, and a count that differs', async () => {
    await world.run('db', 'sync')
    expect(await world.run('db', 'check')).toMatchObject({ code: 0, out: 'nothing is wrong\n' })
    const usage = { project_id: 'p', scope: 'project', scope_id: '', resource: 'shares', in_use: 3 } as const
    await world.inStore((store) => store.db.insertInto('quota_usages').values(usage).execute())
    const found = await world.run('db', 'check', '-f', 'json')
    expect([found.code, found.json().problems]).toEqual([
      1,
      ['1 quota totals differ: see manila-manage quota recount'],
    ])
  })

  test('check says what is missing', async () => {
    await world.inStore((store) => store.db.schema.dropTable('usages').execute())
    expect((await world.run('db', 'check')).out).toBe('table usages is missing\n')
  })

  test('purge removes what has served its time', async () => {
    const old = {
      id: 'e',
      created_at: 1,
      project_id: 'p',
      resource_type: 'share',
      resource_id: 'r',
      event: 'share.created',
      request_id: null,
      operation_id: null,
      detail: '{}',
    }
    await world.inStore((store) => store.db.insertInto('events').values(old).execute())
    expect(await world.run('db', 'purge')).toMatchObject({ code: 0, out: '1 rows removed\n' })
    expect(await world.run('db', 'purge')).toMatchObject({ code: 0, out: '0 rows removed\n' })
  })

  test('copy and grants say what they need', async () => {
    expect((await world.run('db', 'copy', '--from', 'sqlite:/nowhere')).code).toBe(2)
    await world.run('db', 'sync')
    expect((await world.run('db', 'grants', '--service', 'share')).err).toContain(
      'a SQLite file has no users',
    )
    expect((await world.run('db', 'grants')).code).toBe(2)
    expect((await world.run('db', 'grants', '--service', 'share', '--user', 'x; drop')).code).toBe(2)
  })
})

describe('service', () => {
  test('drain and undrain a node, list and forget its processes', async () => {
    await world.inStore(async (store) => {
      await registerProcess(store, process_('one', 'storage-1'))
      await registerProcess(store, process_('two', 'storage-2'))
    })
    expect((await world.run('service', 'drain', 'storage-1')).out).toBe('1 processes drain\n')
    const states = (await world.run('service', 'processes', '-f', 'json')).json()
    expect(
      states.map((row: { node: string; draining: number; live: boolean }) => [
        row.node,
        row.draining,
        row.live,
      ]),
    ).toEqual([
      ['storage-1', 1, true],
      ['storage-2', 0, true],
    ])
    expect((await world.run('service', 'undrain', 'one')).code).toBe(0)
    expect((await world.run('service', 'drain', 'nobody')).code).toBe(1)
    expect((await world.run('service', 'cleanup')).out).toBe('0 processes forgotten\n')
    await world.inStore((store) =>
      store.db.updateTable('processes').set({ heartbeat_at: 1 }).where('id', '=', 'one').execute(),
    )
    expect((await world.run('service', 'cleanup')).out).toBe('1 processes forgotten\n')
    const left = await world.inStore((store) => listProcesses(store, 60))
    expect(left.map(({ id, draining }) => [id, draining])).toEqual([['two', 0]])
  })
})
