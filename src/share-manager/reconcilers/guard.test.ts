/** A pool below its reserve and trees that fail, with storage that says what the test wants. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readOnlyPools } from '../../db/store/read-only-pools.ts'
import { DriverError, type PoolRoom } from '../../storage/contract/driver.ts'
import { openBench, type Bench } from '../bench.fixture.ts'
import { availableShare, queueRule } from '../scenarios.fixture.ts'
import { accessRules } from './access-rules.ts'
import { guardOf } from './guard.ts'
import { reconcileExports } from './exports.ts'

const gib = 1024 ** 3
const room: { now: PoolRoom; failed: string[]; looks: number; sticks: boolean } = {
  now: { name: 'sim', freeBytes: 0, totalBytes: 0, reserveBytes: 0 },
  failed: [],
  looks: 0,
  sticks: false,
}
const free = (freeGib: number): void => {
  room.now = { name: 'sim', freeBytes: freeGib * gib, totalBytes: 1000 * gib, reserveBytes: 20 * gib }
}
let bench: Bench
/** Calls of driver and exporter, by name. */
let calls: string[] = []
beforeEach(async () => {
  calls = []
  Object.assign(room, { failed: [], looks: 0, sticks: false })
  free(500)
  bench = await openBench({
    wrapDriver: (driver) => ({
      ...driver,
      watches: {
        room: async () => {
          room.looks += 1
          return [room.now]
        },
        failed: async () => room.failed,
      },
      async ensure(call, share) {
        calls.push('ensure')
        if (room.sticks || room.failed.includes(share.id))
          throw new DriverError('it is served', 'maybe-happened', { reason: 'withdraw-first' })
        return driver.ensure(call, share)
      },
    }),
    wrapExporter: (exporter) => ({
      ...exporter,
      publish: async (call, target) => (calls.push('publish'), exporter.publish(call, target)),
      async unpublish(call, target) {
        calls.push('unpublish')
        if (!room.sticks) room.failed = room.failed.filter((id) => id !== target.id)
        return exporter.unpublish(call, target)
      },
    }),
  })
})
afterEach(() => bench.close())

/** A share with a client that may write and one that may read. */
async function served(): Promise<string> {
  const share = await availableShare(bench)
  await queueRule(bench, share, '10.0.0.1', { level: 'rw' })
  await queueRule(bench, share, '10.0.0.2', { level: 'ro' })
  await accessRules(bench).look()
  return share.instanceId
}

describe('a pool near its reserve', () => {
  test('is read-only below it, and not before twice as much is free again; the rules stay', async () => {
    const id = await served()
    const guard = guardOf(bench)
    const at = async (freeGib: number): Promise<readonly string[]> => {
      free(freeGib)
      await guard.look()
      await accessRules(bench).look()
      return bench.admitted(id)
    }
    const asRuled = ['ip:10.0.0.1:rw', 'ip:10.0.0.2:ro']
    const readOnly = ['ip:10.0.0.1:ro', 'ip:10.0.0.2:ro']
    expect(await at(20)).toEqual(asRuled)
    expect(await at(19.9)).toEqual(readOnly)
    expect(await at(39.9)).toEqual(readOnly)
    expect(await at(40)).toEqual(asRuled)
    expect(await at(20)).toEqual(asRuled)
    expect(await at(0)).toEqual(readOnly)
    const levels = await bench.store.db.selectFrom('access_rules').select('access_level').execute()
    expect(levels.map(({ access_level }) => access_level).sort()).toEqual(['ro', 'rw'])
    const instances = bench.store.db.selectFrom('share_instances').selectAll()
    expect(await instances.execute()).toMatchObject([
      { status: 'available', access_rules_status: 'active', cast_rules_to_readonly: 0 },
    ])
  })

  test('stays so for a new process, for shares published again and for new rules, and says why', async () => {
    const id = await served()
    free(1)
    await guardOf(bench).look()
    await accessRules(bench).look()
    free(30)
    await guardOf(bench).look()
    expect(await readOnlyPools(bench.store.db, bench.backend.id)).toEqual([
      {
        name: 'sim',
        reason: expect.stringMatching(/^pool sim has less free than its reserve of 20\.00 GiB/),
      },
    ])
    const { protocol, ...gone } = { protocol: 'NFS', id, projectId: '', state: {}, tree: null, name: id }
    await bench.backend.call({ name: 'unpublish' }, (call) =>
      bench.backend.publisher!.unpublish(call, { protocol, ...gone }),
    )
    expect(await reconcileExports(bench)).toBe(1)
    expect(bench.admitted(id)).toEqual(['ip:10.0.0.1:ro', 'ip:10.0.0.2:ro'])
    const other = await served()
    expect(bench.admitted(other)).toEqual(['ip:10.0.0.1:ro', 'ip:10.0.0.2:ro'])
  })

  test('is looked at each time; one that is far from it every five seconds', async () => {
    let nowMs = 0
    const guard = guardOf(bench, () => nowMs)
    const looks = async (freeGib: number): Promise<number> => {
      free(freeGib)
      nowMs += 5000
      room.looks = 0
      for (let second = 0; second < 5; second++, nowMs += 1000) await guard.look()
      return room.looks
    }
    expect(await looks(81)).toBe(1)
    expect(await looks(79)).toBe(5)
    expect(await looks(5)).toBe(5)
  })
})

describe('trees that answer no more', () => {
  test('are withdrawn, made ready and published with their rules, and no other is touched', async () => {
    const [broken] = [await served(), await served()]
    calls = []
    const guard = guardOf(bench)
    expect(await guard.revive()).toBe(0)
    room.failed = [broken]
    expect(await guard.revive()).toBe(1)
    expect(calls).toEqual(['unpublish', 'ensure', 'publish'])
    expect(bench.admitted(broken)).toEqual(['ip:10.0.0.1:rw', 'ip:10.0.0.2:ro'])
    expect(room.failed).toEqual([])
  })

  test('are tried again at every run until it works', async () => {
    const broken = await served()
    const guard = guardOf(bench)
    room.failed = [broken]
    room.sticks = true
    for (let run = 0; run < 3; run++) expect(await guard.revive()).toBe(0)
    room.sticks = false
    expect(await guard.revive()).toBe(1)
    expect(bench.held().exports).toContain(broken)
  })

  test('wait while there is next to no room, for what makes them ready writes', async () => {
    room.failed = [await served()]
    const guard = guardOf(bench)
    free(9)
    await guard.look()
    expect(await guard.revive()).toBe(0)
    free(11)
    await guard.look()
    expect(await guard.revive()).toBe(1)
  })
})
