import { afterEach, describe, expect, it } from 'vitest'
import { DriverError, type CreatedShare } from '../../storage/contract/driver.ts'
import type { Faults } from '../../storage/sim/faults.ts'
import { readContent, setUsedBytes, writeContent } from '../../storage/drivers/sim/content.ts'
import { userMessage } from '../../model/causes.ts'
import type { Job } from '../../engine/operation.ts'
import { asEffect } from '../../engine/steps.fixture.ts'
import { operationPlans } from '../../model/operations.ts'
import { runForcedDeletions } from '../reconcilers/forced-deletions.ts'
import { openBench, type Bench, type BenchOptions } from '../bench.fixture.ts'
import { brokenLaws } from '../laws.fixture.ts'
import {
  askForRevert,
  askForShare,
  askOfShare,
  askOfSnapshot,
  askToManage,
  askToManageSnapshot,
  availableShare,
  availableSnapshot,
  scenarios,
} from '../scenarios.fixture.ts'

let bench: Bench
const open = async (options: BenchOptions = {}) => {
  bench = await openBench(options)
}
afterEach(() => bench.close())

const shareRow = (id: string) =>
  bench.store.db.selectFrom('shares').selectAll().where('id', '=', id).executeTakeFirst()
const messages = async () =>
  (await bench.store.db.selectFrom('messages').selectAll().orderBy('created_at').execute()).map(
    (row) => `${row.resource_type} ${row.action_id}/${row.detail_id}`,
  )
const told = async () =>
  (await bench.store.db.selectFrom('messages').selectAll().execute()).map((row) =>
    userMessage(
      row.action_id,
      { code: row.cause_code, detailId: row.detail_id, unmet: row.cause_unmet },
      false,
    ),
  )
const payloadOf = async (id: string) => {
  const query = bench.store.db.selectFrom('operations').select('payload').where('id', '=', id)
  return JSON.parse((await query.executeTakeFirstOrThrow()).payload) as object
}
const orphans = () => bench.store.db.selectFrom('orphans').selectAll().execute()
const faulty = async (faults: Faults) => {
  await bench.setFaults(faults)
  await bench.drain()
}

describe('a share that is made', () => {
  it('is available with its export location', async () => {
    await open()
    const { shareId, instanceId } = await availableShare(bench)
    expect(await shareRow(shareId)).toMatchObject({ status: 'available', progress: '100%', size: 4 })
    const [location] = await bench.store.db
      .selectFrom('share_instance_export_locations')
      .selectAll()
      .execute()
    expect(location).toMatchObject({ share_instance_id: instanceId, path: `127.0.0.1:/sim/${instanceId}` })
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('comes through passing faults', async () => {
    await open()
    const { shareId } = await askForShare(bench)
    await faulty({
      create: { kind: 'half-done', times: 2 },
      publish: { kind: 'timeout-after-success', times: 1 },
    })
    expect(await shareRow(shareId)).toMatchObject({ status: 'available' })
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('ends in error with a message when the backend refuses, and leaves nothing', async () => {
    await open()
    const { shareId } = await askForShare(bench)
    await faulty({ create: { kind: 'fail' } })
    expect(await shareRow(shareId)).toMatchObject({ status: 'error', size: 4 })
    expect(await messages()).toEqual(['SHARE 002/001'])
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('is placed again when there is no room, without the pool that had none', async () => {
    await open()
    const { operationId } = await askForShare(bench)
    await bench.setFaults({ create: { kind: 'full' } })
    await bench.runOnce(operationId)
    await bench.runOnce(operationId)
    const row = await bench.store.db.selectFrom('operations').selectAll().executeTakeFirstOrThrow()
    expect(row).toMatchObject({ state: 'queued', topic: 'scheduler+', placements: 1 })
    expect(JSON.parse(row.refusals!)).toMatchObject([{ pool: 'node@alpha#sim', filter: 'Attempt' }])
    expect((await bench.store.db.selectFrom('pools').select('placed_gib').execute())[0]!.placed_gib).toBe(0)
  })

  it('from a snapshot holds what that holds', async () => {
    await open()
    const source = await availableShare(bench)
    await writeContent(bench.dir, source.instanceId, 'hello', 5)
    const snapshot = await availableSnapshot(bench, source)
    const clone = await availableShare(bench, { from: snapshot, sizeGib: 6 })
    expect(readContent(bench.dir, clone.instanceId)).toEqual({ token: 'hello', bytes: 5 })
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('from a snapshot on a backend that cannot says so', async () => {
    await open({ without: ['clones'] })
    const snapshot = await availableSnapshot(bench, await availableShare(bench))
    const { shareId } = await askForShare(bench, { from: snapshot })
    await bench.drain()
    expect(await shareRow(shareId)).toMatchObject({ status: 'error' })
    expect(await messages()).toEqual(['SHARE 002/017'])
  })

  it('after it was deleted is refused and leaves nothing', async () => {
    await open()
    const { shareId, instanceId, operationId } = await askForShare(bench)
    await bench.runOnce(operationId, {
      code: new Map([
        ...bench.operations,
        [
          'create-share@2',
          {
            ...bench.operations.get('create-share@2')!,
            steps: {
              ...bench.operations.get('create-share@2')!.steps,
              // The share is forced away while the backend is at work.
              serve: {
                run: async () => {
                  await bench.store.db.deleteFrom('share_instances').where('id', '=', instanceId).execute()
                  await bench.store.db.deleteFrom('shares').where('id', '=', shareId).execute()
                  throw new Error('lost')
                },
              },
            },
          },
        ],
      ]),
    })
    expect(bench.held().shares).toEqual([instanceId])
    await bench.drain()
    expect(bench.held()).toEqual({ shares: [], snapshots: [], exports: [] })
    expect(await messages()).not.toContain('SHARE 001/001')
  })
})

describe('sizes', () => {
  it('a shrink that would lose data leaves the share as it was', async () => {
    await open()
    const share = await availableShare(bench)
    await setUsedBytes(bench.dir, share.instanceId, 3 * 1024 ** 3)
    await askOfShare(bench, share, 'shrink-share', { fromGib: 4, toGib: 2 }, 'shrinking')
    await bench.drain()
    expect(await shareRow(share.shareId)).toMatchObject({ status: 'available', size: 4 })
    expect(await messages()).toEqual(['SHARE 009/018'])
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('a shrink that is unsupported leaves the share available', async () => {
    await open({ without: ['shrinks'] })
    const share = await availableShare(bench)
    await askOfShare(bench, share, 'shrink-share', { fromGib: 4, toGib: 2 }, 'shrinking')
    await bench.drain()
    expect(await shareRow(share.shareId)).toMatchObject({ status: 'available', size: 4 })
    expect(await messages()).toEqual(['SHARE 009/019'])
  })

  it('another failure of a shrink or an extend is an error state, with quota and pool as before', async () => {
    await open()
    const share = await availableShare(bench)
    await askOfShare(bench, share, 'shrink-share', { fromGib: 4, toGib: 2 }, 'shrinking')
    await faulty({ shrink: { kind: 'fail' } })
    expect(await shareRow(share.shareId)).toMatchObject({ status: 'shrinking_error', size: 4 })
    await askOfShare(bench, share, 'extend-share', { fromGib: 4, toGib: 7, force: false }, 'extending', 7)
    await faulty({ extend: { kind: 'fail' } })
    const row = await shareRow(share.shareId)
    expect(row).toMatchObject({ status: 'extending_error', size: 4, target_size: null })
    expect(await messages()).toEqual(['SHARE 009/001', 'SHARE 008/015'])
    expect(await brokenLaws(bench)).toEqual([])
  })
})

describe('shrinks that move the share', () => {
  /** A driver whose smaller shares are other trees: it can't copy what is still served. Notes what was asked, in order. */
  const openMoving = async () => {
    const asked: string[] = []
    let served = 0
    let generation = 0
    const moved = (made: CreatedShare): CreatedShare => {
      const state = { ...made.state, generation: String(generation) }
      return { state, tree: made.tree && { ...made.tree, path: `${made.tree.path}.${generation}` } }
    }
    await open({
      wrapDriver: (driver) => ({
        ...driver,
        ensure: async (call, share) => moved(await driver.ensure(call, share)),
        shrinks: {
          async moves(_call, _share, size) {
            asked.push('moves')
            if (size === 1)
              throw new DriverError('holds more', 'nothing-happened', { reason: 'shrink-would-lose-data' })
          },
          async shrink(call, share, size) {
            asked.push(`shrink while ${served} served`)
            await driver.shrinks?.shrink(call, share, size)
            generation++
          },
        },
      }),
      wrapExporter: (exporter) => ({
        ...exporter,
        async publish(call, target) {
          served++
          asked.push(`publish ${target.tree?.path.split('.').at(-1)}`)
          return exporter.publish(call, target)
        },
        async unpublish(call, target) {
          served--
          asked.push('unpublish')
          return exporter.unpublish(call, target)
        },
      }),
    })
    const share = await availableShare(bench)
    asked.length = 0
    return { share, asked }
  }

  it('withdraw it before, and publish it where it is afterwards', async () => {
    const { share, asked } = await openMoving()
    await askOfShare(bench, share, 'shrink-share', { fromGib: 4, toGib: 2 }, 'shrinking')
    await bench.drain()
    expect(asked).toEqual(['moves', 'unpublish', 'shrink while 0 served', 'publish 1'])
    expect(await shareRow(share.shareId)).toMatchObject({ status: 'available', size: 2 })
    const instance = await bench.store.db.selectFrom('share_instances').selectAll().executeTakeFirstOrThrow()
    expect(instance.driver_state).toContain('"generation":"1"')
    expect(bench.held().exports).toEqual([share.instanceId])
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('that would lose data cut nobody off', async () => {
    const { share, asked } = await openMoving()
    await askOfShare(bench, share, 'shrink-share', { fromGib: 4, toGib: 1 }, 'shrinking')
    await bench.drain()
    expect(asked).not.toContain('unpublish')
    expect(await shareRow(share.shareId)).toMatchObject({ status: 'available', size: 4 })
    expect(await messages()).toEqual(['SHARE 009/018'])
  })

  it('that fail give the share back to its clients', async () => {
    const { share, asked } = await openMoving()
    await askOfShare(bench, share, 'shrink-share', { fromGib: 4, toGib: 2 }, 'shrinking')
    await faulty({ shrink: { kind: 'fail' } })
    expect(asked.at(-1)).toBe('publish 0')
    expect(bench.held().exports).toEqual([share.instanceId])
    expect(await shareRow(share.shareId)).toMatchObject({ status: 'shrinking_error', size: 4 })
    expect(await brokenLaws(bench)).toEqual([])
  })
})

describe('reverts', () => {
  it('bring content, size and access back', async () => {
    await open()
    const share = await availableShare(bench)
    await writeContent(bench.dir, share.instanceId, 'old', 3)
    const snapshot = await availableSnapshot(bench, share)
    await writeContent(bench.dir, share.instanceId, 'new', 9)
    await askForRevert(bench, snapshot, 4, 4)
    await bench.drain()
    expect(readContent(bench.dir, share.instanceId)).toEqual({ token: 'old', bytes: 3 })
    expect(await shareRow(share.shareId)).toMatchObject({ status: 'available' })
  })

  it('that fail leave an exported share in reverting_error and the snapshot available', async () => {
    await open()
    const share = await availableShare(bench)
    const snapshot = await availableSnapshot(bench, share)
    await askForRevert(bench, snapshot, 4, 4)
    await faulty({ revert: { kind: 'fail' } })
    expect(await shareRow(share.shareId)).toMatchObject({ status: 'reverting_error', target_size: null })
    const row = await bench.store.db.selectFrom('snapshots').select('status').executeTakeFirst()
    expect(row).toEqual({ status: 'available' })
    expect(await messages()).toEqual(['SHARE 006/001'])
    expect(await brokenLaws(bench)).toEqual([])
  })
})

describe('managing', () => {
  it('charges what the backend says at the end, and nothing when it fails', async () => {
    await open()
    const managed = await askToManage(bench)
    await bench.drain()
    expect(await shareRow(managed.shareId)).toMatchObject({ status: 'available', size: 3 })
    const other = await askToManage(bench)
    await faulty({ manage: { kind: 'fail' } })
    expect(await shareRow(other.shareId)).toMatchObject({ status: 'manage_error', size: 0 })
    expect(await brokenLaws(bench)).toEqual([])
    expect(await told()).toEqual([
      'create: The backend refused it. An administrator finds why by the request id.',
    ])
  })

  it('of what is not there says so', async () => {
    await open()
    const { operationId, shareId } = await askToManage(bench)
    const payload = JSON.stringify({
      ...(await payloadOf(operationId)),
      exportPath: '/sim/alpha/nothing-here',
    })
    await bench.store.db.updateTable('operations').set({ payload }).where('id', '=', operationId).execute()
    await bench.drain()
    expect(await shareRow(shareId)).toMatchObject({ status: 'manage_error' })
    expect(await told()).toEqual([
      expect.stringMatching(/^create: The backend does not find it\. Check the name/),
    ])
  })
})

describe('what is taken over', () => {
  const limit = (resource: 'gigabytes' | 'per_share_gigabytes' | 'snapshot_gigabytes', gib: number) => {
    bench.settings.quota[resource] = gib
  }
  const causeOf = async (id: string) => {
    const all = bench.store.db.selectFrom('operations').selectAll()
    const { state, cause_code, cause_message } = await all.where('id', '=', id).executeTakeFirstOrThrow()
    return [state, cause_code, cause_message]
  }

  it.each(['gigabytes', 'per_share_gigabytes'] as const)(
    'is handed back when %s does not allow its size',
    async (resource) => {
      await open()
      limit(resource, 2)
      const managed = await askToManage(bench)
      await bench.drain()
      expect(await shareRow(managed.shareId)).toMatchObject({ status: 'manage_error', size: 0 })
      expect(await causeOf(managed.operationId)).toEqual([
        'failed',
        'over-quota',
        expect.stringContaining('Quota exceeded'),
      ])
      expect(bench.held()).toMatchObject({ shares: [], exports: [] })
      expect(await brokenLaws(bench)).toEqual([])
      limit(resource, 3)
      const again = await askToManage(bench)
      await bench.drain()
      expect(await shareRow(again.shareId)).toMatchObject({ status: 'available', size: 3 })
    },
  )

  it('is handed back when snapshot_gigabytes does not allow its size', async () => {
    await open()
    const operationId = await askToManageSnapshot(bench)
    limit('snapshot_gigabytes', 3)
    await bench.drain()
    expect((await causeOf(operationId)).slice(0, 2)).toEqual(['failed', 'over-quota'])
    const rows = await bench.store.db.selectFrom('snapshots').select('status').execute()
    expect(rows).toEqual([{ status: 'manage_error' }])
    expect(await brokenLaws(bench)).toEqual([])
  })
})

describe('a revert to a larger snapshot', () => {
  it('is placed first, and leaves the pool with the size that it then has', async () => {
    await open()
    const operationId = await scenarios['revert-and-extend-share'](bench)
    const pool = () => bench.store.db.selectFrom('pools').select('placed_gib').executeTakeFirstOrThrow()
    expect(await pool()).toEqual({ placed_gib: 2 })
    await bench.drain()
    const operation = await bench.store.db
      .selectFrom('operations')
      .selectAll()
      .where('id', '=', operationId)
      .executeTakeFirstOrThrow()
    expect(operation.state).toBe('done')
    expect(await pool()).toEqual({ placed_gib: 4 })
    expect(await brokenLaws(bench)).toEqual([])
  })
})

describe('deletions', () => {
  it('that the backend refuses end in error_deleting with a message', async () => {
    await open()
    const share = await availableShare(bench)
    await askOfShare(bench, share, 'delete-share', { force: false, deferred: false }, 'deleting')
    await faulty({ delete: { kind: 'fail' } })
    expect(await shareRow(share.shareId)).toMatchObject({ status: 'error_deleting' })
    expect(await messages()).toEqual(['SHARE 007/001'])
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('that are forced end although the backend refuses, and leave an orphan', async () => {
    await open()
    const share = await availableShare(bench)
    const snapshot = await availableSnapshot(bench, share)
    await askOfSnapshot(bench, snapshot, 'delete-snapshot', { force: true, deferred: false }, 'deleting')
    await askOfShare(bench, share, 'delete-share', { force: true, deferred: false }, 'deleting')
    await faulty({ delete: { kind: 'fail' }, 'delete-snapshot': { kind: 'fail' } })
    expect(await shareRow(share.shareId)).toBeUndefined()
    const left = new Map((await orphans()).map((row) => [row.kind, row]))
    expect([left.size, left.get('snapshot')?.resource_id, left.get('share')?.resource_id]).toEqual([
      2,
      snapshot.snapshotInstanceId,
      share.instanceId,
    ])
    expect(left.get('share')?.driver_state).toContain('tree')
  })

  it('that are forced end although the backend never came up', async () => {
    await open({ dead: true })
    const share = await askForShare(bench)
    const { db } = bench.store
    // As if it had been made before the backend died.
    await db.deleteFrom('operation_lanes').execute()
    await db.deleteFrom('operations').execute()
    await db.updateTable('share_instances').set({ backend_id: bench.backend.id }).execute()
    await askOfShare(bench, share, 'delete-share', { force: true, deferred: false }, 'deleting')
    const never = new AbortController().signal
    const runner = {
      ...bench,
      plans: operationPlans,
      registry: bench.operations,
      topic: 'share',
      stepDeadlineMs: 1000,
      failpoint: () => {},
    }
    for (let turn = 0; turn < 12; turn++) {
      await db.updateTable('operations').set({ not_before: 0 }).execute()
      await runForcedDeletions(bench, runner, never)
    }
    expect(await shareRow(share.shareId)).toBeUndefined()
    expect(await orphans()).toMatchObject([{ resource_id: share.instanceId, backend_id: bench.backend.id }])
    expect((await orphans())[0]!.reason).toContain('not ready')
  })
})

describe('two processes', () => {
  it('compete for the same operations and each is done once', async () => {
    await open()
    let creates = 0
    const real = bench.operations.get('create-share@2')!
    const counting = new Map([
      ...bench.operations,
      [
        'create-share@2',
        {
          ...real,
          steps: {
            ...real.steps,
            backend: {
              ...real.steps['backend']!,
              run: async (job: Job) => {
                creates += 1
                await new Promise((resolve) => setTimeout(resolve, 5))
                return asEffect(real.steps['backend']!).run(job)
              },
            },
          },
        },
      ],
    ])
    const asked = []
    for (let n = 0; n < 12; n++) asked.push(await askForShare(bench, { sizeGib: 1 }))
    const one = () => bench.drain({ code: counting, holder: 'one' })
    const two = () => bench.drain({ code: counting, holder: 'two' })
    await Promise.all([one(), two()])
    expect(creates).toBe(asked.length)
    expect(bench.held().shares).toHaveLength(asked.length)
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('the one that was paused writes nothing after the other went on', async () => {
    await open()
    const { operationId, shareId } = await askForShare(bench)
    const real = bench.operations.get('create-share@2')!
    const paused = new Map([
      ...bench.operations,
      [
        'create-share@2',
        {
          ...real,
          steps: {
            ...real.steps,
            serve: {
              run: async (job: Job) => {
                await bench.store.db.updateTable('lanes').set({ expires_at: 0 }).execute()
                await bench.runOnce(operationId, { holder: 'two' })
                return asEffect(real.steps['serve']!).run(job)
              },
            },
          },
        },
      ],
    ])
    expect((await bench.runOnce(operationId, { code: paused, holder: 'one' })).end).toBe('not-mine')
    expect(await shareRow(shareId)).toMatchObject({ status: 'available' })
    expect(await brokenLaws(bench)).toEqual([])
  })
})
