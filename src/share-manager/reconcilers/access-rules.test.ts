import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { instancesOfOperations, rulesWork } from '../../db/store/access-mappings.ts'
import { DatabaseUnavailable } from '../../db/unavailable.ts'
import { DriverError } from '../../storage/contract/driver.ts'
import { openStore as openSimStore } from '../../storage/sim/store.ts'
import { takeLease } from '../../db/store/leases.ts'
import { openBench, type Bench, type BenchOptions } from '../bench.fixture.ts'
import { brokenLaws } from '../laws.fixture.ts'
import {
  askOfShare,
  availableShare,
  availableSnapshot,
  queueDenial,
  queueRule,
  type AShare,
} from '../scenarios.fixture.ts'
import { accessRules, passRules } from './access-rules.ts'
import type { Pass } from './pass.ts'
import { rulesQueue, type Told } from './rules-queue.ts'
import { passSnapshotRules } from './snapshot-rules.ts'

let bench: Bench
let share: AShare
async function open(options: BenchOptions = {}) {
  bench = await openBench(options)
  share = await availableShare(bench)
}
beforeEach(() => open())
afterEach(() => bench.close())

const pass = (lastTry = false) => passRules(bench, share.instanceId, lastTry)
const rules = () => bench.store.db.selectFrom('access_rules').selectAll().orderBy('created_at').execute()
const states = async () => Object.fromEntries((await rules()).map((row) => [row.access_to, row.state]))
const instance = () =>
  bench.store.db
    .selectFrom('share_instances')
    .selectAll()
    .where('id', '=', share.instanceId)
    .executeTakeFirstOrThrow()
const messages = () => bench.store.db.selectFrom('messages').selectAll().execute()

/** Opens the bench again with an exporter that is busy with rules from when that is `reached` until it is `end`ed. */
async function busyExporter(): Promise<{ readonly reached: Promise<void>; end(): void }> {
  const reached = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  await bench.close()
  await open({
    wrapExporter: (exporter) => ({
      ...exporter,
      async applyRules(...asked) {
        const outcomes = await exporter.applyRules(...asked)
        reached.resolve()
        await ended.promise
        return outcomes
      },
    }),
  })
  return { reached: reached.promise, end: () => ended.resolve() }
}

describe('access rules', () => {
  it('become true together in one call', async () => {
    await queueRule(bench, share, '10.0.0.1')
    await queueRule(bench, share, '10.0.0.2', { level: 'ro' })
    expect(await pass()).toEqual({ end: 'done' })
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.1:rw', 'ip:10.0.0.2:ro'])
    expect(await states()).toEqual({ '10.0.0.1': 'active', '10.0.0.2': 'active' })
    expect((await instance()).access_rules_status).toBe('active')
  })

  it('wait for a database that is away, however long: that is no try of the backend and makes no pause longer', async () => {
    const lastTries: boolean[] = []
    const pass = async (_id: string, lastTry: boolean) => {
      lastTries.push(lastTry)
      throw new DatabaseUnavailable(false, {})
    }
    const queue = rulesQueue(bench, {
      find: async () => [{ id: share.instanceId, isSnapshot: false }],
      pass,
      passSnapshot: pass,
    })
    for (let look = 0; look < 12; look++) await queue.look()
    await queue.stop()
    expect(lastTries).toEqual(Array.from({ length: 12 }, () => false))
  })

  it('are looked for where a message says that they changed, and everywhere only without one', async () => {
    const asked: (Told | null)[] = []
    let end: Pass = { end: 'done' }
    const passed: string[] = []
    const queue = rulesQueue(bench, {
      find: async (_limit, told) => {
        asked.push(told)
        return told?.instances.has('held') === true ? [{ id: 'held', isSnapshot: false }] : []
      },
      pass: async (id) => {
        passed.push(id)
        return end
      },
      passSnapshot: async () => end,
    })
    const next = async (): Promise<Told | null | undefined> => {
      const before = asked.length
      await vi.waitUntil(() => asked.length > before, { interval: 1 })
      return asked.at(-1)
    }
    const cast = (message: object): void =>
      bench.bus.cast(`share.${bench.backend.id}`, 'access.changed', message as never)
    const ended = (operationId: string, backendId?: string, lanes?: string[]): void =>
      bench.bus.cast('operations', 'operation.finished', { operationId, backendId, lanes } as never)
    const first = next()
    queue.start()
    expect(await first).toBeNull()

    const one = next()
    for (const instanceId of ['a', 'b']) cast({ instanceId })
    expect(await one).toEqual({ instances: new Set(['a', 'b']), operations: new Set() })

    const two = next()
    ended('elsewhere', randomUUID())
    ended('here', bench.backend.id)
    ended('of a release that does not say')
    const operations = new Set(['here', 'of a release that does not say'])
    expect(await two).toEqual({ instances: new Set(), operations })

    const three = next()
    ended('elsewhere', randomUUID(), ['instance:c'])
    ended('told', bench.backend.id, ['backend:x', 'instance:d'])
    expect(await three).toEqual({ instances: new Set(['d']), operations: new Set() })

    const all = next()
    cast({ instanceId: 'pool', all: true })
    expect(await all).toBeNull()

    // What an operation holds is looked at when one has ended, of whatever backend.
    end = { end: 'again', soon: false }
    const held = next()
    cast({ instanceId: 'held' })
    await held
    await vi.waitUntil(() => passed.length === 1, { interval: 1 })
    end = { end: 'done' }
    ended('elsewhere', randomUUID())
    await vi.waitUntil(() => passed.length === 2, { interval: 1 })
    expect(passed).toEqual(['held', 'held'])
    await queue.stop()
  })

  it('are looked at as soon as a message says that they changed; those behind it wait for the next look together', async () => {
    const asked: (readonly string[])[] = []
    const queue = rulesQueue(bench, {
      find: async (_limit, told) => {
        asked.push([...(told?.instances ?? ['all'])])
        return []
      },
      pass: async () => ({ end: 'done' }),
      passSnapshot: async () => ({ end: 'done' }),
    })
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    })
    try {
      const hear = async (...instances: string[]) => {
        for (const instanceId of instances)
          bench.bus.cast(`share.${bench.backend.id}`, 'access.changed', { instanceId } as never)
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      }
      queue.start()
      await vi.advanceTimersByTimeAsync(1000)
      expect(asked.splice(0)).toEqual([['all']])
      await hear('a')
      await vi.advanceTimersByTimeAsync(1)
      expect(asked).toEqual([['a']])
      await hear('b', 'c')
      await vi.advanceTimersByTimeAsync(10)
      await hear('d')
      expect(asked).toEqual([['a']])
      await vi.advanceTimersByTimeAsync(15)
      expect(asked).toEqual([['a'], ['b', 'c', 'd']])
    } finally {
      vi.useRealTimers()
      await queue.stop()
    }
  })

  it('are applied when a message says so, and when an operation touched them: no look at everything is needed', async () => {
    const interval = vi.spyOn(globalThis, 'setInterval').mockReturnValue(setTimeout(() => {}, 0) as never)
    const queue = accessRules(bench)
    queue.start()
    interval.mockRestore()
    // The first look at everything is over when this one is.
    await new Promise((resolve) => setTimeout(resolve, 200))
    const active = (to: string) => vi.waitUntil(async () => (await states())[to] === 'active', 10_000)
    await queueRule(bench, share, '10.0.0.1')
    const operation = await bench.store.db
      .selectFrom('operations')
      .select('id')
      .where('resource_id', '=', share.shareId)
      .executeTakeFirstOrThrow()
    bench.bus.cast(`share.${bench.backend.id}`, 'access.changed', { instanceId: share.instanceId })
    await active('10.0.0.1')
    await queueRule(bench, share, '10.0.0.2')
    const ended = { operationId: operation.id, backendId: bench.backend.id }
    bench.bus.cast('operations', 'operation.finished', ended)
    await active('10.0.0.2')
    await queue.stop()
  })

  it('of what a message names are found among those of a backend, and of what an ended operation was about', async () => {
    await queueRule(bench, share, '10.0.0.1')
    const other = await availableShare(bench)
    await queueRule(bench, other, '10.0.0.1')
    const found = async (ids: readonly string[]) =>
      (await rulesWork(bench.store.db, bench.backend.id, 10, ids)).map(({ id }) => id)
    expect(await found([share.instanceId, randomUUID()])).toEqual([share.instanceId])
    expect(await found([])).toEqual([])
    const operation = await bench.store.db
      .selectFrom('operations')
      .select('id')
      .where('resource_id', '=', other.shareId)
      .executeTakeFirstOrThrow()
    expect(await instancesOfOperations(bench.store.db, [operation.id])).toEqual([other.instanceId])
    const snapshot = await availableSnapshot(bench, share)
    const snapped = await bench.store.db
      .selectFrom('operations')
      .select('id')
      .where('resource_id', '=', snapshot.snapshotId)
      .executeTakeFirstOrThrow()
    expect(await found([share.instanceId])).toEqual([share.instanceId, snapshot.snapshotInstanceId])
    expect(await found([snapshot.snapshotInstanceId])).toEqual([snapshot.snapshotInstanceId])
    const both = await instancesOfOperations(bench.store.db, [operation.id, snapped.id])
    expect(both.toSorted()).toEqual([other.instanceId, snapshot.snapshotInstanceId].toSorted())
  })

  it('of one client are one to the exporter, which may write where one of them says so', async () => {
    const twins = [
      await queueRule(bench, share, '10.0.0.1', { level: 'ro' }),
      await queueRule(bench, share, '10.0.0.1', { level: 'rw', twin: 1 }),
      await queueRule(bench, share, '10.0.0.1', { level: 'ro', twin: 2 }),
    ] as const
    const all = async () => (await rules()).map(({ id, state }) => [id, state])
    await pass()
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.1:rw'])
    expect(await all()).toEqual(twins.map((id) => [id, 'active']))
    await queueDenial(bench, share, twins[0])
    await pass()
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.1:rw'])
    await queueDenial(bench, share, twins[1])
    await pass()
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.1:ro'])
    await queueDenial(bench, share, twins[2])
    await pass()
    expect([bench.admitted(share.instanceId), await all()]).toEqual([[], []])
  })

  it('that are denied leave the export, then the tables with their locks', async () => {
    const id = await queueRule(bench, share, '10.0.0.1')
    await pass()
    await bench.store.db
      .insertInto('resource_locks')
      .values(
        [
          { id: 'lock-1', resource_id: id, lock_reason: 'mine' },
          { id: 'lock-2', resource_id: share.shareId, lock_reason: 'Locked by access lock: lock-1' },
          { id: 'lock-3', resource_id: share.shareId, lock_reason: 'another' },
        ].map((row) => ({
          ...row,
          user_id: 'u',
          project_id: 'p',
          lock_context: 'user',
          resource_type: 'share',
          resource_action: 'delete',
          created_at: 1,
          updated_at: null,
        })),
      )
      .execute()
    await queueDenial(bench, share, id)
    await pass()
    expect(bench.admitted(share.instanceId)).toEqual([])
    expect(await rules()).toEqual([])
    const locks = await bench.store.db.selectFrom('resource_locks').select('id').execute()
    expect(locks).toEqual([{ id: 'lock-3' }])
  })

  it('go wrong one by one, each with its own message', async () => {
    await bench.close()
    await open({ refuse: ['10.9.9.9'] })
    await queueRule(bench, share, '10.0.0.1')
    await queueRule(bench, share, '10.9.9.9')
    await pass()
    expect(await states()).toEqual({ '10.0.0.1': 'active', '10.9.9.9': 'error' })
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.1:rw'])
    expect((await instance()).access_rules_status).toBe('error')
    expect((await messages()).map((row) => [row.action_id, row.detail_id])).toEqual([['010', '020']])
    const [, bad] = await rules()
    await queueDenial(bench, share, bad!.id)
    await pass()
    expect((await instance()).access_rules_status).toBe('active')
  })

  it('of a type that the exporter does not know are in error without asking it', async () => {
    await queueRule(bench, share, 'x', { type: 'badge' })
    await pass()
    expect(await states()).toEqual({ x: 'error' })
    expect((await messages())[0]).toMatchObject({ detail_id: '021' })
  })

  it('are tried again when nobody knows what happened, and picked up from a dead process', async () => {
    await queueRule(bench, share, '10.0.0.1')
    await bench.setFaults({ 'apply-rules': { kind: 'timeout-after-success', times: 1 } })
    expect(await pass()).toMatchObject({ end: 'retry' })
    expect(await states()).toEqual({ '10.0.0.1': 'applying' })
    expect(await pass()).toEqual({ end: 'done' })
    expect(await states()).toEqual({ '10.0.0.1': 'active' })
  })

  it('end in error when the last try does not help either', async () => {
    await queueRule(bench, share, '10.0.0.1')
    await bench.setFaults({ 'apply-rules': { kind: 'timeout-after-success' } })
    expect(await pass(true)).toEqual({ end: 'done' })
    expect(await states()).toEqual({ '10.0.0.1': 'error' })
    expect((await instance()).access_rules_status).toBe('error')
  })

  it('miss no change that comes while the exporter is busy', async () => {
    const busy = await busyExporter()
    await queueRule(bench, share, '10.0.0.1')
    const first = pass()
    await busy.reached
    await queueRule(bench, share, '10.0.0.2')
    busy.end()
    expect(await first).toEqual({ end: 'again', soon: true })
    expect((await instance()).access_rules_status).toBe('syncing')
    expect(await pass()).toEqual({ end: 'done' })
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.1:rw', 'ip:10.0.0.2:rw'])
  })

  it('wait for the operations of the share, and hold none up', async () => {
    await queueRule(bench, share, '10.0.0.1')
    await askOfShare(bench, share, 'shrink-share', { fromGib: 4, toGib: 2 }, 'shrinking')
    expect(await pass()).toEqual({ end: 'again', soon: false })
    await bench.drain()
    expect(await pass()).toEqual({ end: 'done' })
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('are left alone once somebody else has the lane', async () => {
    const busy = await busyExporter()
    await queueRule(bench, share, '10.0.0.1')
    const first = pass()
    await busy.reached
    const lane = `instance:${share.instanceId}`
    await bench.store.db.updateTable('lanes').set({ expires_at: 0 }).where('lane', '=', lane).execute()
    await bench.store.transaction((tx) => takeLease(tx, bench.store, lane, 'thief'))
    busy.end()
    expect(await first).toEqual({ end: 'again', soon: false })
    expect(await states()).toEqual({ '10.0.0.1': 'applying' })
  })

  it('bring a lost export back', async () => {
    await queueRule(bench, share, '10.0.0.1')
    openSimStore(bench.dir).drop('exports', share.instanceId)
    expect((await pass()).end).not.toBe('retry')
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.1:rw'])
  })

  it('reach inherited snapshots read-only', async () => {
    share = await availableShare(bench, { inherits: true })
    await queueRule(bench, share, '10.0.0.1')
    await pass()
    const snapshot = await availableSnapshot(bench, share)
    await passSnapshotRules(bench, snapshot.snapshotInstanceId, false)
    expect(bench.admitted(snapshot.snapshotInstanceId)).toEqual(['ip:10.0.0.1:ro'])
    await queueRule(bench, share, '10.0.0.2')
    await pass()
    await passSnapshotRules(bench, snapshot.snapshotInstanceId, false)
    expect(bench.admitted(snapshot.snapshotInstanceId)).toEqual(['ip:10.0.0.1:ro', 'ip:10.0.0.2:ro'])
  })

  it('that are denied have left the snapshots that inherit them when the denial has ended', async () => {
    const busy = { on: false }
    await bench.close()
    await open({
      wrapExporter: (exporter) => ({
        ...exporter,
        async applyRules(call, target, rules) {
          if (busy.on && target.id !== share.instanceId) throw new Error('the snapshot is not to be had')
          return exporter.applyRules(call, target, rules)
        },
      }),
    })
    share = await availableShare(bench, { inherits: true })
    const id = await queueRule(bench, share, '10.0.0.1')
    await pass()
    const snapshot = await availableSnapshot(bench, share)
    await passSnapshotRules(bench, snapshot.snapshotInstanceId, false)
    expect(bench.admitted(snapshot.snapshotInstanceId)).toEqual(['ip:10.0.0.1:ro'])
    await queueDenial(bench, share, id)
    busy.on = true
    expect(await pass()).toMatchObject({ end: 'retry' })
    expect(await states()).toEqual({ '10.0.0.1': 'denying' })
    busy.on = false
    await pass()
    expect(await states()).toEqual({})
    expect(bench.admitted(snapshot.snapshotInstanceId)).toEqual([])
  })

  it('that mean something else today: in error with a reason, the older of two stays, and what it means is stored', async () => {
    const store = async (to: string, canonical: string) => {
      const id = await queueRule(bench, share, to)
      await bench.store.db
        .updateTable('access_rules')
        .set({ canonical_to: canonical })
        .where('id', '=', id)
        .execute()
      return id
    }
    await store('0.0.0.0', '0.0.0.0')
    await store('::ffff:10.0.0.1', '::ffff:a00:1')
    await queueRule(bench, share, '10.0.0.1')
    await pass()
    expect(await states()).toEqual({ '0.0.0.0': 'error', '::ffff:10.0.0.1': 'active', '10.0.0.1': 'error' })
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.1:rw'])
    expect((await messages()).map((row) => row.detail_id).toSorted()).toEqual(['020', '021'])
  })

  it('that are denied open no inheriting snapshot when the denial has ended, whatever the snapshot’s status', async () => {
    share = await availableShare(bench, { inherits: true })
    const id = await queueRule(bench, share, '10.0.0.1')
    await pass()
    const snapshots = [await availableSnapshot(bench, share), await availableSnapshot(bench, share)]
    const ids = snapshots.map(({ snapshotInstanceId }) => snapshotInstanceId)
    for (const one of ids) await passSnapshotRules(bench, one, false)
    await bench.store.db
      .updateTable('snapshot_instances')
      .set({ status: 'error' })
      .where('id', '=', ids[1]!)
      .execute()
    expect(ids.map((one) => bench.admitted(one))).toEqual([['ip:10.0.0.1:ro'], ['ip:10.0.0.1:ro']])
    await queueDenial(bench, share, id)
    await pass()
    const left = async () => (await rules()).filter((row) => row.share_id === share.shareId)
    expect([await left(), ...ids.map((one) => bench.admitted(one))]).toEqual([[], [], []])
  })

  it('stay in the middle of a denial while an inheriting snapshot can not be told', async () => {
    const deaf = new Set<string>()
    await bench.close()
    await open({
      wrapExporter: (exporter) => ({
        ...exporter,
        async applyRules(call, target, asked) {
          if (deaf.has(target.id)) throw new DriverError('no answer', 'maybe-happened')
          return exporter.applyRules(call, target, asked)
        },
      }),
    })
    share = await availableShare(bench, { inherits: true })
    const id = await queueRule(bench, share, '10.0.0.1')
    await pass()
    const { snapshotInstanceId } = await availableSnapshot(bench, share)
    await passSnapshotRules(bench, snapshotInstanceId, false)
    deaf.add(snapshotInstanceId)
    await queueDenial(bench, share, id)
    await queueRule(bench, share, '10.0.0.2')
    expect(await pass()).toMatchObject({ end: 'retry' })
    const mine = async () =>
      Object.fromEntries(
        (await rules())
          .filter((row) => row.share_id === share.shareId)
          .map((row) => [row.access_to, row.state]),
      )
    // Whoever is new need not wait for it.
    expect(await mine()).toEqual({ '10.0.0.1': 'denying', '10.0.0.2': 'active' })
    await pass(true)
    expect(await mine()).toEqual({ '10.0.0.1': 'error', '10.0.0.2': 'active' })
    deaf.clear()
    await queueDenial(bench, share, id)
    await pass()
    expect(await mine()).toEqual({ '10.0.0.2': 'active' })
    expect(bench.admitted(snapshotInstanceId)).toEqual(['ip:10.0.0.2:ro'])
  })

  it('of an exporter that refuses a whole set for one of them: that one is in error, and a denial ends', async () => {
    await bench.close()
    await open({
      wrapExporter: (exporter) => ({
        ...exporter,
        async applyRules(call, target, asked) {
          if (asked.some(({ to }) => to === '10.9.9.9'))
            throw new DriverError('the set is refused', 'maybe-happened', { reason: 'unsupported' })
          return exporter.applyRules(call, target, asked)
        },
      }),
    })
    const first = await queueRule(bench, share, '10.0.0.1')
    await pass()
    await queueRule(bench, share, '10.9.9.9')
    await queueRule(bench, share, '10.0.0.2')
    await queueDenial(bench, share, first)
    expect(await pass()).toEqual({ end: 'done' })
    expect(await states()).toEqual({ '10.9.9.9': 'error', '10.0.0.2': 'active' })
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.2:rw'])
  })

  it('of a client that can not be taken away: its denial fails alone, with words of its own', async () => {
    await bench.close()
    await open({
      wrapExporter: (exporter) => ({
        ...exporter,
        async applyRules(call, target, asked) {
          const outcomes = await exporter.applyRules(call, target, asked)
          const stays = { type: 'ip', to: '10.9.9.9' }
          if (asked.some(({ to }) => to === stays.to)) return outcomes
          return [...outcomes, { id: '', state: 'error', accessKey: null, why: 'torn', reason: null, stays }]
        },
      }),
    })
    const stuck = await queueRule(bench, share, '10.9.9.9')
    const gone = await queueRule(bench, share, '10.0.0.1')
    await pass()
    await queueRule(bench, share, '10.0.0.2')
    for (const id of [stuck, gone]) await queueDenial(bench, share, id)
    expect(await pass()).toEqual({ end: 'done' })
    expect(await states()).toEqual({ '10.9.9.9': 'error', '10.0.0.2': 'active' })
    const told = await bench.store.db.selectFrom('messages').select(['action_id', 'detail_id']).execute()
    expect(told).toEqual([{ action_id: '003', detail_id: '001' }])
    // Nobody asks for it now, and nothing else waits for it.
    await queueRule(bench, share, '10.0.0.3')
    expect(await pass()).toEqual({ end: 'done' })
    expect(await states()).toEqual({ '10.9.9.9': 'error', '10.0.0.2': 'active', '10.0.0.3': 'active' })
  })

  it('are denied where nothing is published, too: nobody is let in there', async () => {
    await queueRule(bench, share, '10.0.0.1')
    await pass()
    await bench.store.db.updateTable('share_instances').set({ status: 'error' }).execute()
    openSimStore(bench.dir).drop('exports', share.instanceId)
    const [first] = await rules()
    await queueDenial(bench, share, first!.id)
    await pass()
    expect(await rules()).toEqual([])
  })

  it('by the thousand take few statements and one call', async () => {
    const many = Array.from({ length: 3000 }, (_, n) =>
      `10.0.${n >> 8}.${(n & 255) + 1}`.replace('.256', '.0'),
    )
    await bench.store.transaction(async (tx) => {
      for (let at = 0; at < many.length; at += 500) {
        const some = many.slice(at, at + 500)
        const id = (to: string) => `rule-${to}`
        await tx
          .insertInto('access_rules')
          .values(
            some.map((to) => ({
              id: id(to),
              share_id: share.shareId,
              access_type: 'ip',
              access_to: to,
              canonical_to: to,
              access_level: 'rw',
              access_key: null,
              state: 'queued_to_apply',
              created_at: 1,
              updated_at: null,
            })),
          )
          .execute()
        await tx
          .insertInto('access_rule_mappings')
          .values(
            some.map((to) => ({
              access_rule_id: id(to),
              share_instance_id: share.instanceId,
              state: 'queued_to_apply',
            })),
          )
          .execute()
      }
    })
    await bench.store.db.updateTable('share_instances').set({ access_generation: 7 }).execute()
    expect(await pass()).toEqual({ end: 'done' })
    expect(bench.admitted(share.instanceId).length).toBe(3000)
    expect(new Set((await rules()).map(({ state }) => state))).toEqual(new Set(['active']))
    await bench.store.db.updateTable('access_rule_mappings').set({ state: 'queued_to_deny' }).execute()
    await bench.store.db.updateTable('share_instances').set({ access_generation: 8 }).execute()
    expect(await pass()).toEqual({ end: 'done' })
    expect([bench.admitted(share.instanceId), await rules()]).toEqual([[], []])
  })

  it('are found by themselves, with a lost message, and come through passing faults', async () => {
    await queueRule(bench, share, '10.0.0.1')
    await bench.setFaults({ 'apply-rules': { kind: 'fail-once', retry_after_s: 0 } })
    const queue = accessRules(bench)
    await expect
      .poll(async () => (await queue.look(), states()), { timeout: 10_000 })
      .toEqual({ '10.0.0.1': 'active' })
    await queue.stop()
  })
})

describe('snapshot rules', () => {
  it('are applied, refused one by one and taken away', async () => {
    await bench.close()
    await open({ refuse: ['10.9.9.9'] })
    const snapshot = await availableSnapshot(bench, share)
    const { db } = bench.store
    const add = (id: string, to: string) =>
      db
        .insertInto('snapshot_access_rules')
        .values({
          id,
          snapshot_id: snapshot.snapshotId,
          access_type: 'ip',
          access_to: to,
          canonical_to: to,
          state: 'queued_to_apply',
          created_at: 1,
          updated_at: null,
        })
        .execute()
    const raise = () =>
      db
        .updateTable('snapshot_instances')
        .set((eb) => ({ access_generation: eb('access_generation', '+', 1) }))
        .execute()
    const states = () =>
      db.selectFrom('snapshot_access_rules').select(['id', 'state']).orderBy('id').execute()
    await add('a', '10.0.0.1')
    await add('b', '10.9.9.9')
    await raise()
    expect(await passSnapshotRules(bench, snapshot.snapshotInstanceId, false)).toEqual({ end: 'done' })
    expect(await states()).toEqual([
      { id: 'a', state: 'active' },
      { id: 'b', state: 'error' },
    ])
    expect(bench.admitted(snapshot.snapshotInstanceId)).toEqual(['ip:10.0.0.1:ro'])
    await db.updateTable('snapshot_access_rules').set({ state: 'queued_to_deny' }).execute()
    await raise()
    await passSnapshotRules(bench, snapshot.snapshotInstanceId, false)
    expect(await states()).toEqual([])
    expect(bench.admitted(snapshot.snapshotInstanceId)).toEqual([])
  })

  it('that are denied stay until every instance of the snapshot has let go of them', async () => {
    const snapshot = await availableSnapshot(bench, share)
    const { db } = bench.store
    const other = await availableShare(bench)
    const row = await db
      .selectFrom('snapshot_instances')
      .selectAll()
      .where('id', '=', snapshot.snapshotInstanceId)
      .executeTakeFirstOrThrow()
    const second = { ...row, id: randomUUID(), share_instance_id: other.instanceId, access_applied: 0 }
    await db
      .insertInto('snapshot_instances')
      .values({ ...second, access_generation: 1 })
      .execute()
    await db
      .insertInto('snapshot_access_rules')
      .values({
        id: 'a',
        snapshot_id: snapshot.snapshotId,
        access_type: 'ip',
        access_to: '10.0.0.1',
        canonical_to: '10.0.0.1',
        state: 'queued_to_deny',
        created_at: 1,
        updated_at: null,
      })
      .execute()
    await db
      .updateTable('snapshot_instances')
      .set((eb) => ({ access_generation: eb('access_generation', '+', 1) }))
      .execute()
    const states = async () =>
      (await db.selectFrom('snapshot_access_rules').select('state').execute()).map(({ state }) => state)
    await passSnapshotRules(bench, snapshot.snapshotInstanceId, false)
    expect(await states()).toEqual(['denying'])
    await passSnapshotRules(bench, second.id, false)
    expect(await states()).toEqual([])
  })
})
