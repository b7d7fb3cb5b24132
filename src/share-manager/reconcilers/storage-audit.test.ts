import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { confirmUs, findings, mostFindings, noteSeen, takeAway } from '../../db/store/storage-findings.ts'
import { orphansLeft } from '../../db/store/orphans.ts'
import {
  DriverError,
  type CallContext,
  type ShareRef,
  type StorageDriver,
} from '../../storage/contract/driver.ts'
import { openStore as openSimStore } from '../../storage/sim/store.ts'
import { openBench, type Bench } from '../bench.fixture.ts'
import { askForShare, askOfShare, availableShare, availableSnapshot } from '../scenarios.fixture.ts'
import type { Resting } from '../resting.ts'
import { removeOrphans } from './orphans.ts'
import { auditStorage, findingsSentence } from './storage-audit.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

/** A look `laterUs` from now. */
const look = (laterUs = 0) => auditStorage({ ...bench, clock: { now: () => bench.clock.now() + laterUs } })
/** Two looks with enough between them; answers `problem kind id` of what is confirmed. */
async function audited(): Promise<string[]> {
  await look()
  await look(confirmUs + 1_000_000)
  const found = await findings(bench.store.db)
  return found.map(({ problem, kind, resourceId }) => `${problem} ${kind} ${resourceId}`).sort()
}
const db = () => bench.store.db
const forget = (table: 'share_instances' | 'snapshot_instances', id: string) =>
  db().deleteFrom(table).where('id', '=', id).execute()
const repair = () =>
  bench.store.transaction(async (tx) => {
    const answers: (string | null)[] = []
    for (const one of await findings(tx)) answers.push(await takeAway(tx, one, bench.clock.now()))
    return answers
  })

describe('a look at the storage', () => {
  it('finds nothing where rows and backend agree, whatever state the rows are in', async () => {
    const share = await availableShare(bench)
    const { snapshotInstanceId } = await availableSnapshot(bench, share)
    expect(bench.held().snapshots).toEqual([snapshotInstanceId])
    expect(await audited()).toEqual([])
    for (const status of ['error', 'deleting', 'error_deleting', 'extending', 'deferred_deleting']) {
      await db().updateTable('share_instances').set({ status }).execute()
      expect(await audited()).toEqual([])
    }
  })

  it('finds a share, a snapshot and an export that no row knows, and each once', async () => {
    const kept = await availableShare(bench)
    const share = await availableShare(bench)
    const parent = await availableShare(bench)
    const snapshot = await availableSnapshot(bench, parent)
    const publishedOnly = await availableShare(bench)
    openSimStore(bench.dir).drop('shares', publishedOnly.instanceId)
    await forget('share_instances', share.instanceId)
    await forget('share_instances', publishedOnly.instanceId)
    await forget('snapshot_instances', snapshot.snapshotInstanceId)
    const found = await audited()
    expect(found).toEqual(
      [
        `orphan export ${publishedOnly.instanceId}`,
        `orphan share ${share.instanceId}`,
        `orphan snapshot ${snapshot.snapshotInstanceId}`,
      ].sort(),
    )
    expect(found.join()).not.toContain(kept.instanceId)
    expect(await findingsSentence(bench)).toEqual([
      'it holds 3 things that no row knows: see manila-manage storage audit',
    ])
    // It only told.
    expect(bench.held().shares).toContain(share.instanceId)
  })

  it('finds what is left of ids that no row knows, and exports that can not be read', async () => {
    await bench.close()
    const half = randomUUID()
    const unreadable = randomUUID()
    const all = () => [half, ...bench.held().shares, ...bench.held().snapshots]
    bench = await openBench({
      wrapDriver: (driver): StorageDriver => ({
        ...driver,
        inventory: async (call) => ({ ...(await driver.inventory(call)), remains: [half] }),
      }),
      wrapExporter: (exporter) => ({ ...exporter, damaged: async () => [...all(), unreadable] }),
    })
    await availableShare(bench)
    expect(await audited()).toEqual([`orphan export ${unreadable}`, `orphan remains ${half}`].sort())
    expect(await repair()).toEqual([null, null])
    // What gets a row since, whatever it is, stays.
    const orphans = await db().selectFrom('orphans').select(['kind', 'resource_id']).execute()
    expect(orphans.map(({ kind, resource_id }) => `${kind} ${resource_id}`).sort()).toEqual(
      [`remains ${half}`, `share ${unreadable}`].sort(),
    )
    expect(await removeOrphans(bench)).toBe(2)
  })

  it('finds what a row says is there and is not', async () => {
    const share = await availableShare(bench)
    openSimStore(bench.dir).drop('shares', share.instanceId)
    expect(await audited()).toEqual([`missing share ${share.instanceId}`])
    expect(await findingsSentence(bench)).toEqual([
      '1 of its shares and snapshots is not there: see manila-manage storage audit',
    ])
    expect(await repair()).toEqual(['it is not there: nothing can be taken away'])
  })

  it('takes one look for none, and forgets what is in order again', async () => {
    const share = await availableShare(bench)
    await forget('share_instances', share.instanceId)
    expect([await look(), await look(confirmUs / 2)]).toEqual([0, 0])
    expect(await look(confirmUs + 1_000_000)).toBe(1)
    openSimStore(bench.dir).drop('shares', share.instanceId)
    openSimStore(bench.dir).drop('exports', share.instanceId)
    expect(await look(confirmUs + 2_000_000)).toBe(0)
    expect(await db().selectFrom('storage_findings').selectAll().execute()).toEqual([])
  })

  it('does not find what is let go of on purpose', async () => {
    const share = await availableShare(bench)
    await askOfShare(bench, share, 'unmanage-share', {}, 'unmanage_starting')
    await bench.drain()
    expect(await db().selectFrom('share_instances').select('id').execute()).toEqual([])
    expect(await audited()).toEqual([])
  })

  it('does not find what is made or deleted while it looks', async () => {
    await bench.close()
    const before: (() => Promise<void>)[] = []
    const during: (() => Promise<void>)[] = []
    const all = async (work: (() => Promise<void>)[]) => {
      for (const one of work.splice(0)) await one()
    }
    bench = await openBench({
      wrapDriver: (driver): StorageDriver => ({
        ...driver,
        inventory: async (call) => {
          await all(before)
          const held = await driver.inventory(call)
          await all(during)
          return held
        },
      }),
    })
    const removal = async () => {
      const gone = await availableShare(bench)
      return async () => {
        await askOfShare(bench, gone, 'delete-share', { force: false, deferred: false }, 'deleting')
        await bench.drain()
      }
    }
    // Its row was there before the storage was asked, and neither is now.
    before.push(await removal())
    expect(await look()).toBe(0)
    expect(await db().selectFrom('storage_findings').selectAll().execute()).toEqual([])
    during.push(await removal())
    // Its row is gone and the inventory named it: one look can't know better, and nobody is told.
    expect(await look()).toBe(0)
    expect(await look(confirmUs + 1_000_000)).toBe(0)
    during.push(async () => void (await availableShare(bench)))
    expect(await look(2 * confirmUs)).toBe(0)
    expect(await db().selectFrom('storage_findings').selectAll().execute()).toEqual([])
  })

  it('keeps a bounded number', async () => {
    const seen = Array.from({ length: mostFindings + 300 }, () => ({
      kind: 'share' as const,
      problem: 'orphan' as const,
      resourceId: randomUUID(),
    }))
    await noteSeen(bench.store, bench.backend.id, seen, bench.clock.now())
    expect(await db().selectFrom('storage_findings').selectAll().execute()).toHaveLength(mostFindings)
  })

  it('tells nothing new while the backend can not be asked', async () => {
    const share = await availableShare(bench)
    await forget('share_instances', share.instanceId)
    expect(await audited()).toHaveLength(1)
    await bench.setFaults({ inventory: { kind: 'fail' } })
    await expect(look(2 * confirmUs)).rejects.toThrow()
    expect(await findings(db())).toHaveLength(1)
  })
})

describe('a repair', () => {
  it('takes away what was listed, with its export, and nothing else', async () => {
    const kept = await availableShare(bench)
    const share = await availableShare(bench)
    await forget('share_instances', share.instanceId)
    await audited()
    expect(await repair()).toEqual([null])
    expect(bench.held().shares).toContain(share.instanceId)
    // What is on its way out is no finding.
    expect(await audited()).toEqual([])
    expect(await removeOrphans(bench)).toBe(1)
    expect(bench.held()).toMatchObject({ shares: [kept.instanceId], exports: [kept.instanceId] })
    expect(await audited()).toEqual([])
  })

  it('leaves what has a row or an operation by then', async () => {
    const [share, other] = [await availableShare(bench), await availableShare(bench)]
    const rows = await db().selectFrom('share_instances').selectAll().execute()
    for (const { id } of rows) await forget('share_instances', id)
    expect(await audited()).toHaveLength(2)
    await db()
      .insertInto('share_instances')
      .values(rows.filter(({ id }) => id === share.instanceId))
      .execute()
    const pending = await askForShare(bench)
    await db()
      .updateTable('operation_lanes')
      .set({ lane: `instance:${other.instanceId}` })
      .where('operation_id', '=', pending.operationId)
      .execute()
    const answers = await repair()
    expect(answers.map(String).sort()).toEqual([
      'a row has it by now',
      `operation ${pending.operationId} is under way with it`,
    ])
    expect(await removeOrphans(bench)).toBe(0)
    expect(bench.held().shares).toEqual(expect.arrayContaining([share.instanceId, other.instanceId]))
  })

  it('is not held up by what can not be taken away, and says why that stays', async () => {
    const made = [await availableShare(bench), await availableShare(bench), await availableShare(bench)]
    const ids = made.map(({ instanceId }) => instanceId).sort()
    for (const id of ids) await forget('share_instances', id)
    await audited()
    expect(await repair()).toEqual([null, null, null])
    const stuck = (await db().selectFrom('orphans').selectAll().orderBy('created_at').execute())[0]
    const driver = {
      ...bench.backend.driver,
      delete: async (call: CallContext, share: ShareRef) => {
        if (share.id === stuck?.resource_id) throw new DriverError('something is in it', 'maybe-happened')
        return bench.backend.driver.delete(call, share)
      },
    }
    const parts = { ...bench, backend: { ...bench.backend, driver } }
    const resting: Resting = new Map()
    expect(await removeOrphans(parts, resting)).toBe(2)
    expect(bench.held().shares).toEqual([stuck?.resource_id])
    const left = { resource_id: stuck?.resource_id, reason: expect.stringContaining('something is in it') }
    expect(await orphansLeft(db(), 10)).toMatchObject([left])
    // It rests, and is tried again when it has rested.
    expect(await removeOrphans({ ...bench }, resting)).toBe(0)
    expect(await removeOrphans({ ...bench }, new Map())).toBe(1)
    expect(bench.held().shares).toEqual([])
  })

  it('asks a backend that fails for everything only a few times', async () => {
    for (let made = 0; made < 5; made++)
      await forget('share_instances', (await availableShare(bench)).instanceId)
    await audited()
    await repair()
    let asked = 0
    const refuse = async (): Promise<never> => {
      asked += 1
      throw new DriverError('it does not answer', 'maybe-happened')
    }
    const driver = { ...bench.backend.driver, delete: refuse }
    expect(await removeOrphans({ ...bench, backend: { ...bench.backend, driver } })).toBe(0)
    expect(asked).toBe(3)
  })

  it('asks once more before it deletes: a row that came since stays', async () => {
    const share = await availableShare(bench)
    const rows = await db().selectFrom('share_instances').selectAll().execute()
    await forget('share_instances', share.instanceId)
    await audited()
    expect(await repair()).toEqual([null])
    await db().insertInto('share_instances').values(rows).execute()
    expect(await removeOrphans(bench)).toBe(0)
    expect(bench.held().shares).toEqual([share.instanceId])
  })
})
