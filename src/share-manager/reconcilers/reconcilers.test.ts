import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writePools } from '../../db/store/backends.ts'
import { recordOrphan } from '../../db/store/orphans.ts'
import { insertShare } from '../../db/store/shares.ts'
import { DriverError, type Measures } from '../../storage/contract/driver.ts'
import { shareRows } from '../../../test/perf/seed-rows.ts'
import { setUsedBytes, writeContent } from '../../storage/drivers/sim/content.ts'
import { openStore as openSimStore } from '../../storage/sim/store.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { openBench, type Bench } from '../bench.fixture.ts'
import { brokenLaws } from '../laws.fixture.ts'
import {
  askForShare,
  askOfShare,
  availableShare,
  availableSnapshot,
  queueRule,
} from '../scenarios.fixture.ts'
import { passRules } from './access-rules.ts'
import { retryDeferredDeletions } from './deferred-deletion.ts'
import { ensureIfChanged } from './ensure.ts'
import { reconcileExports } from './exports.ts'
import { removeFences } from './fences.ts'
import { removeOrphans } from './orphans.ts'
import { reportPools } from './pool-stats.ts'
import { purge } from '../../data/purge.ts'
import { emptyRecycleBin } from '../../data/recycle-bin.ts'
import { purgeLanes } from '../../db/store/purge.ts'
import { findStuck } from '../../db/store/stuck-instances.fixture.ts'
import { usages } from './usages.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const pools = () => bench.store.db.selectFrom('pools').selectAll().execute()
const claims = () => bench.store.db.selectFrom('pool_claims').selectAll().execute()

describe('pool reports', () => {
  it("carry Manila's fields, derived from what the driver can do", async () => {
    const [pool] = await pools()
    expect(pool).toMatchObject({ label: 'node@alpha#sim', total_gib: 1024, reported: 1, placed_gib: 0 })
    expect(JSON.parse(pool!.capabilities)).toMatchObject({
      share_backend_name: 'alpha',
      driver_handles_share_servers: false,
      snapshot_support: true,
      create_share_from_snapshot_support: true,
      revert_to_snapshot_support: true,
      mount_snapshot_support: true,
      thin_provisioning: true,
      max_over_subscription_ratio: 20,
      reserved_percentage: 0,
    })
  })

  it('claim no ability that the driver lacks', async () => {
    await bench.close()
    bench = await openBench({ without: ['snapshots', 'clones', 'mountsSnapshots'] })
    const [pool] = await pools()
    expect(JSON.parse(pool!.capabilities)).toMatchObject({
      snapshot_support: false,
      create_share_from_snapshot_support: false,
      mount_snapshot_support: false,
    })
  })

  it('drop the claims they have seen, and carry over what the release before claimed for shares still being made', async () => {
    await availableShare(bench)
    expect(await claims()).toHaveLength(1)
    const slow = await askForShare(bench)
    await bench.runOnce(slow.operationId)
    await bench.store.db.updateTable('pool_claims').set({ operation_id: null }).execute()
    await bench.store.db
      .updateTable('share_instances')
      .set({ status: 'creating' })
      .where('id', '=', slow.instanceId)
      .execute()
    await reportPools(bench)
    const [left, ...others] = await claims()
    expect(others).toEqual([])
    expect(left).toMatchObject({ owner_id: slow.instanceId })
    expect(left!.claimed_at).toBeGreaterThan((await pools())[0]!.measured_at)
  })

  it('carry over what an operation claims, and not what its share was given before it', async () => {
    const share = await availableShare(bench)
    const { db } = bench.store
    const { id } = await db.selectFrom('operations').select('id').executeTakeFirstOrThrow()
    await db.updateTable('pool_claims').set({ operation_id: id }).execute()
    await db.updateTable('operations').set({ finished_at: null }).execute()
    await reportPools(bench)
    expect(await claims()).toMatchObject([{ owner_id: share.instanceId }])
    // It ended while the backend counted: what was counted may be of before or after.
    await db.updateTable('operations').set({ finished_at: 8e15 }).execute()
    await reportPools(bench)
    expect(await claims()).toHaveLength(1)
    await db.updateTable('operations').set({ finished_at: bench.clock.now() }).execute()
    // It waits for room by now, and must not wait for its own.
    await db.updateTable('share_instances').set({ status: 'extending' }).execute()
    await reportPools(bench)
    expect(await claims()).toEqual([])
  })

  it('keep a pool that is no longer reported, and offer it no more', async () => {
    await writePools(bench.store, { ...bench.backend, capabilities: {} }, [], bench.clock.now())
    expect(await pools()).toMatchObject([{ reported: 0 }])
    await reportPools(bench)
    expect(await pools()).toMatchObject([{ reported: 1, id: bench.poolId }])
  })
})

describe('usages', () => {
  it('are measured for everything in one call, however many ask', async () => {
    const share = await availableShare(bench)
    const snapshot = await availableSnapshot(bench, share)
    await setUsedBytes(bench.dir, share.instanceId, 4096)
    let calls = 0
    const real = bench.backend.driver.measures!
    const counting = {
      ...bench,
      backend: {
        ...bench.backend,
        health: 'ready' as const,
        driver: {
          ...bench.backend.driver,
          measures: {
            measure: (...all: Parameters<typeof real.measure>) => {
              calls += 1
              return real.measure(...all)
            },
          },
        },
      },
    }
    const measured = usages(counting)
    await Promise.all([measured.refresh(), measured.refresh(), measured.refresh()])
    expect(calls).toBe(1)
    const rows = await bench.store.db.selectFrom('usages').selectAll().execute()
    expect(rows.find(({ id }) => id === share.instanceId)).toMatchObject({ kind: 'share', used_bytes: 4096 })
    expect(rows.find(({ id }) => id === snapshot.snapshotInstanceId)).toMatchObject({ kind: 'snapshot' })
    await measured.refresh()
    expect(calls).toBe(2)
    expect(await bench.store.db.selectFrom('usages').select('id').execute()).toHaveLength(2)
  })
})

describe('what is measured', () => {
  /** What the driver was asked for, and numbers for all of it. */
  const asked = (): { readonly shares: string[]; readonly snapshots: string[]; scope: Bench } => {
    const [shares, snapshots]: [string[], string[]] = [[], []]
    const measure: Measures['measure'] = async (_call, wanted, snapped) => {
      shares.push(...wanted.map(({ id }) => id))
      snapshots.push(...snapped.map(({ id }) => id))
      const number = { usedBytes: 4096, referencedBytes: null, exclusiveBytes: null, reason: null }
      return [...shares, ...snapshots].map((id) => ({ id, ...number, method: 'test', measuredAtUs: 1 }))
    }
    const driver = { ...bench.backend.driver, measures: { measure } }
    return { shares, snapshots, scope: { ...bench, backend: { ...bench.backend, driver } } }
  }
  const measuredOf = async (kind: 'share' | 'snapshot'): Promise<string[]> =>
    (await bench.store.db.selectFrom('usages').select('id').where('kind', '=', kind).execute()).map(
      ({ id }) => id,
    )

  it('is every share of more than a page, each once', async () => {
    const owner = { projectId: randomUUID(), userId: randomUUID(), now: 1 }
    const place = { backend_id: bench.backend.id, pool_id: bench.poolId, status: 'available' as const }
    const rows = Array.from({ length: 1201 }, () => shareRows({ ...owner, instance: place }))
    await bench.store.transaction(async (tx) => {
      for (const { share, instance } of rows) await insertShare(tx, share, instance, {})
    })
    const { shares, scope } = asked()
    await usages(scope).refresh()
    const ids = rows.map(({ instance }) => instance.id).toSorted()
    expect(shares.toSorted()).toEqual(ids)
    expect((await measuredOf('share')).toSorted()).toEqual(ids)
  })

  it('is a snapshot whose share has nothing to measure, and nothing of other backends', async () => {
    const share = await availableShare(bench)
    const snapshot = await availableSnapshot(bench, share)
    const elsewhere = await availableShare(bench)
    await availableSnapshot(bench, elsewhere)
    const { db } = bench.store
    await db
      .updateTable('share_instances')
      .set({ status: 'error' })
      .where('id', '=', share.instanceId)
      .execute()
    await db
      .updateTable('share_instances')
      .set({ backend_id: null })
      .where('id', '=', elsewhere.instanceId)
      .execute()
    const { shares, snapshots, scope } = asked()
    await usages(scope).refresh()
    expect({ shares, snapshots }).toEqual({ shares: [], snapshots: [snapshot.snapshotInstanceId] })
    expect(await measuredOf('snapshot')).toEqual(snapshots)
    expect(await measuredOf('share')).toEqual([])
  })

  it('leaves no measurement of what is deleted meanwhile', async () => {
    const share = await availableShare(bench)
    const { scope } = asked()
    const { measure } = scope.backend.driver.measures!
    const slow: Measures['measure'] = async (...all) => {
      const found = await measure(...all)
      await askOfShare(bench, share, 'delete-share', { force: false, deferred: false }, 'deleting')
      await bench.drain()
      return found
    }
    const driver = { ...scope.backend.driver, measures: { measure: slow } }
    await usages({ ...scope, backend: { ...scope.backend, driver } }).refresh()
    expect(await measuredOf('share')).toEqual([])
  })
})

describe('the recycle bin', () => {
  it('deletes what expired, once', async () => {
    const share = await availableShare(bench)
    const young = await availableShare(bench)
    const now = bench.clock.now()
    const bin = (id: string, at: number) =>
      bench.store.db
        .updateTable('shares')
        .set({ is_soft_deleted: 1, scheduled_to_be_deleted_at: at })
        .where('id', '=', id)
        .execute()
    await bin(share.shareId, now - 1)
    await bin(young.shareId, now + 60_000_000)
    const started = await Promise.all([emptyRecycleBin(bench), emptyRecycleBin(bench)])
    expect(started.reduce((sum, n) => sum + n)).toBe(1)
    await bench.drain()
    expect(bench.held().shares).toEqual([young.instanceId])
    expect(await brokenLaws(bench)).toEqual([])
  })
})

describe('deferred deletions', () => {
  it('are retried until they succeed, with the quota given back at once', async () => {
    const share = await availableShare(bench)
    await bench.setFaults({ delete: { kind: 'fail' } })
    const payload = { force: false, deferred: true }
    await askOfShare(bench, share, 'delete-share', payload, 'deferred_deleting')
    await bench.drain()
    const row = () => bench.store.db.selectFrom('shares').select('status').executeTakeFirst()
    expect(await row()).toEqual({ status: 'error_deferred_deleting' })
    expect(await retryDeferredDeletions(bench)).toBe(0)
    await bench.setFaults({})
    await bench.store.db.updateTable('share_instances').set({ updated_at: 1 }).execute()
    expect(await retryDeferredDeletions(bench)).toBe(1)
    await bench.drain()
    expect(await row()).toBeUndefined()
    expect(await brokenLaws(bench)).toEqual([])
  })
})

describe('exports', () => {
  it('that were lost come back with their rules', async () => {
    const share = await availableShare(bench)
    await queueRule(bench, share, '10.0.0.1')
    await passRules(bench, share.instanceId, false)
    const path = () =>
      bench.store.db.selectFrom('share_instance_export_locations').select(['id', 'path']).execute()
    const before = await path()
    openSimStore(bench.dir).drop('exports', share.instanceId)
    expect(await reconcileExports(bench)).toBe(1)
    expect(bench.admitted(share.instanceId)).toEqual(['ip:10.0.0.1:rw'])
    expect(await path()).toEqual(before)
    expect(await reconcileExports(bench)).toBe(0)
  })

  it('of mountable snapshots come back too', async () => {
    const snapshot = await availableSnapshot(bench, await availableShare(bench))
    openSimStore(bench.dir).drop('exports', snapshot.snapshotInstanceId)
    expect(await reconcileExports(bench)).toBe(1)
    expect(bench.held().exports).toContain(snapshot.snapshotInstanceId)
  })

  it('that cannot come back rest for a while instead of filling the log', async () => {
    const share = await availableShare(bench)
    openSimStore(bench.dir).drop('exports', share.instanceId)
    openSimStore(bench.dir).drop('shares', share.instanceId)
    const resting = new Map()
    expect(await reconcileExports(bench, resting)).toBe(0)
    expect(resting.get(share.instanceId)).toMatchObject({ pauseMs: 10_000 })
    expect(await reconcileExports(bench, resting)).toBe(0)
    expect(resting.get(share.instanceId)).toMatchObject({ pauseMs: 10_000 })
  })
})

describe('ensure', () => {
  it('checks every share once per configuration and start of the host', async () => {
    const share = await availableShare(bench)
    openSimStore(bench.dir).drop('exports', share.instanceId)
    expect(await ensureIfChanged(bench)).toEqual({ checked: 1, busy: 0, failed: 0 })
    expect(bench.held().exports).toEqual([share.instanceId])
    expect(await ensureIfChanged(bench)).toBeNull()
  })

  it('withdraws what the driver can only bring back when nobody serves it', async () => {
    await bench.close()
    let dead = false
    const asked: string[] = []
    bench = await openBench({
      wrapDriver: (driver) => ({
        ...driver,
        async ensure(call, share) {
          asked.push('ensure')
          if (dead)
            throw new DriverError('it gave up', 'maybe-happened', {
              reason: 'withdraw-first',
              retryAfterS: 5,
            })
          return driver.ensure(call, share)
        },
      }),
      wrapExporter: (exporter) => ({
        ...exporter,
        async publish(call, target) {
          asked.push('publish')
          return exporter.publish(call, target)
        },
        async unpublish(call, target) {
          asked.push('unpublish')
          dead = false
          return exporter.unpublish(call, target)
        },
      }),
    })
    const share = await availableShare(bench)
    dead = true
    asked.length = 0
    expect(await ensureIfChanged(bench)).toEqual({ checked: 1, busy: 0, failed: 0 })
    expect(asked).toEqual(['ensure', 'unpublish', 'ensure', 'publish'])
    expect(bench.held().exports).toEqual([share.instanceId])
  })

  it('tells the owner of data that is not there, and looks again next time', async () => {
    const share = await availableShare(bench)
    openSimStore(bench.dir).drop('shares', share.instanceId)
    expect(await ensureIfChanged(bench)).toEqual({ checked: 0, busy: 0, failed: 1 })
    expect(await bench.store.db.selectFrom('messages').select('resource_id').execute()).toEqual([
      { resource_id: share.shareId },
    ])
    expect(await ensureIfChanged(bench)).not.toBeNull()
  })
})

describe('orphans', () => {
  it('are taken away; what still has a row is not', async () => {
    const mine = await availableShare(bench)
    const other = await availableShare(bench)
    const orphan = (resourceId: string) =>
      bench.store.transaction((tx) =>
        recordOrphan(tx, {
          backendId: bench.backend.id,
          kind: 'share',
          resourceId,
          driverState: '{}',
          reason: 'test',
          now: 1,
        }),
      )
    await orphan(mine.instanceId)
    await bench.store.db.deleteFrom('share_instances').where('id', '=', other.instanceId).execute()
    await orphan(other.instanceId)
    expect(await removeOrphans(bench)).toBe(1)
    expect(bench.held()).toMatchObject({ shares: [mine.instanceId], exports: [mine.instanceId] })
  })
})

describe('the purge', () => {
  it('removes families together, once the operation at their top is old', async () => {
    const other = await availableShare(bench)
    const { db } = bench.store
    await askOfShare(bench, other, 'extend-share', { fromGib: 1, toGib: 2, force: false }, 'extending')
    await bench.drain()
    const [top, child] = await db.selectFrom('operations').select('id').orderBy('created_at').execute()
    const family = { parent_id: top!.id, family_id: top!.id, finished_at: 1 }
    await db.updateTable('operations').set(family).where('id', '=', child!.id).execute()
    await purge(bench)
    expect(await db.selectFrom('operations').select('id').execute()).toHaveLength(2)
    await db.updateTable('operations').set({ finished_at: 1 }).where('id', '=', top!.id).execute()
    await purge(bench)
    expect(await db.selectFrom('operations').select('id').execute()).toEqual([])
    expect(await db.selectFrom('operation_lanes').select('lane').execute()).toEqual([])
  })

  it('finds the lanes of what is gone behind those of ever so many that live, of groups too', async () => {
    const { db } = bench.store
    const { instanceId } = await availableShare(bench)
    const rest = { holder: null, expires_at: 0, fence: 1, next_seq: 1 }
    await db.deleteFrom('operation_lanes').execute()
    await db
      .insertInto('lanes')
      .values([
        { lane: 'instance:zz-gone', ...rest },
        { lane: 'instance:zz-orphan', ...rest },
        { lane: 'group:lives', ...rest },
        { lane: 'group:zz-gone', ...rest },
        { lane: 'leader:other', ...rest },
      ])
      .execute()
    const common = {
      project_id: 'p',
      user_id: 'u',
      name: null,
      description: null,
      created_at: 1,
      updated_at: null,
    }
    await db
      .insertInto('share_groups')
      .values({
        ...common,
        id: 'lives',
        status: 'available',
        host: '',
        pool_id: null,
        backend_id: null,
        availability_zone_id: null,
        share_group_type_id: 't',
        share_network_id: null,
        share_server_id: null,
        source_share_group_snapshot_id: null,
        consistent_snapshot_support: null,
      })
      .execute()
    await db
      .insertInto('orphans')
      .values({
        id: 'o',
        backend_id: bench.backend.id,
        kind: 'share',
        resource_id: 'zz-orphan',
        driver_state: '{}',
        reason: 'x',
        created_at: 1,
      })
      .execute()
    // A run of one lane at a time, as if all others were as many as a run may look at.
    expect(await purgeLanes(db, bench.clock.now(), 1)).toBe(2)
    const left = await db.selectFrom('lanes').select('lane').orderBy('lane').execute()
    expect(left.map(({ lane }) => lane)).toEqual(
      [`instance:${instanceId}`, 'group:lives', 'instance:zz-orphan', 'leader:other'].sort(),
    )
    expect(await purgeLanes(db, bench.clock.now(), 1)).toBe(0)
  })

  it('removes what is old and nothing else, in bounded runs', async () => {
    const other = await availableShare(bench)
    const gone = await availableShare(bench)
    await askOfShare(bench, gone, 'delete-share', { force: false, deferred: false }, 'deleting')
    await bench.drain()
    expect(await purge(bench)).toBe(0)
    const { db } = bench.store
    await db.updateTable('operations').set({ finished_at: 1 }).execute()
    await db.updateTable('events').set({ created_at: 1 }).execute()
    await db.updateTable('tombstones').set({ deleted_at: 1 }).execute()
    await db
      .insertInto('revoked_tokens')
      .values([
        { audit_id: 'old', expires_at: 1 },
        { audit_id: 'new', expires_at: bench.clock.now() + 1e12 },
      ])
      .execute()
    const session = { sealed: '', user_id: 'u', project_id: '', turn: 0, created_at: 1 }
    await db
      .insertInto('dashboard_sessions')
      .values([
        { ...session, id_hash: 'old', expires_at: 1 },
        { ...session, id_hash: 'new', expires_at: bench.clock.now() + 1e12 },
      ])
      .execute()
    expect(await purge(bench)).toBeGreaterThan(0)
    expect(await db.selectFrom('lanes').select('lane').execute()).toEqual([
      { lane: `instance:${other.instanceId}` },
    ])
    for (const table of [
      'operations',
      'operation_steps',
      'operation_lanes',
      'events',
      'tombstones',
    ] as const) {
      expect(await db.selectFrom(table).selectAll().execute(), table).toEqual([])
    }
    expect(await db.selectFrom('revoked_tokens').select('audit_id').execute()).toEqual([{ audit_id: 'new' }])
    expect(await db.selectFrom('dashboard_sessions').select('id_hash').execute()).toEqual([
      { id_hash: 'new' },
    ])
    expect(await purge(bench)).toBe(0)
  })
})

describe('fences', () => {
  it('stay while their lane does, and rest for a day', async () => {
    const other = await availableShare(bench)
    const dir = join(bench.backend.dir, 'fences')
    await mkdir(dir, { recursive: true })
    const gone = randomUUID()
    for (const id of [other.instanceId, gone]) {
      await writeFile(join(dir, id), '')
      await writeFile(join(dir, `${id}.number`), '1')
    }
    expect(await removeFences(bench)).toBe(0)
    expect(await removeFences(bench, Date.now() + 2 * 86_400_000)).toBe(1)
    expect((await readdir(dir)).sort()).toEqual([other.instanceId, `${other.instanceId}.number`])
  })
})

describe('the checks', () => {
  it('find a planted row of each kind', async () => {
    const share = await availableShare(bench)
    const snapshot = await availableSnapshot(bench, share)
    expect(await brokenLaws(bench)).toEqual([])
    const now = bench.clock.now()
    await bench.store.transaction((tx) =>
      changeInstance(tx, { instanceId: share.instanceId, from: null, to: 'extending', now }),
    )
    await bench.store.db.updateTable('snapshot_instances').set({ status: 'creating' }).execute()
    expect(await findStuck(bench.store.db)).toMatchObject([
      { kind: 'share', instanceId: share.instanceId, status: 'extending' },
      { kind: 'snapshot', instanceId: snapshot.snapshotInstanceId, status: 'creating' },
    ])
    await askOfShare(bench, share, 'extend-share', { fromGib: 4, toGib: 5, force: false }, 'extending', 5)
    expect(await findStuck(bench.store.db)).toEqual([])
    await bench.store.db.updateTable('quota_usages').set({ in_use: 77 }).execute()
    await bench.store.db.updateTable('pools').set({ placed_gib: 77 }).execute()
    openSimStore(bench.dir).put('exports', randomUUID(), { rules: [] } as never)
    const found = (await brokenLaws(bench)).join('\n')
    expect(found).toMatch(/quota .* is 77/)
    expect(found).toMatch(/counts 77 GiB/)
    expect(found).toMatch(/is exported and has no row/)
    expect(found).toMatch(/extend-share .* is still queued/)
  })

  it('write through the share what a client writes', async () => {
    const share = await availableShare(bench)
    expect(await writeContent(bench.dir, share.instanceId, 'x', 4 * 1024 ** 3 + 1)).toBe('full')
  })
})
