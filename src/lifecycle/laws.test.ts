/**
 * The laws of the lifecycle, held against every status and against random lives: a change happens exactly from where it may,
 * what a row shows follows, quota is what the rows cost, and every change of a status is told once.
 */
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../db/open.ts'
import { recountQuota } from '../db/store/quota-recount.ts'
import { settle } from './quotas.ts'
import { instanceById, instancesOf } from '../db/store/share-instances.ts'
import { insertShare, shareById } from '../db/store/shares.ts'
import { insertSnapshot } from '../db/store/snapshot-list.ts'
import { snapshotById, snapshotInstanceById } from '../db/store/snapshots.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { shareCharges, snapshotCharges } from '../model/charges.ts'
import {
  shareAllows,
  shareStatuses,
  snapshotAllows,
  snapshotStatuses,
  type ShareStatus,
  type SnapshotStatus,
} from '../model/states.ts'
import { raiseAccess } from './access-rules/raise.ts'
import { changeInstance, holdShareOf } from './shares/change.ts'
import { newShareRows } from './shares/new-rows.ts'
import { removeInstance } from './shares/remove.ts'
import { changeSnapshotInstance, removeSnapshotInstance } from './snapshots/change.ts'

let store: Store
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

async function share() {
  const rows = newShareRows({
    projectId: 'p'.repeat(32),
    userId: 'u'.repeat(32),
    name: null,
    description: null,
    isPublic: false,
    size: 3,
    protocol: 'NFS',
    type: { id: 'gold', extra_specs: { replication_type: 'dr' } },
    snapshotId: null,
    shareGroupId: null,
    groupSnapshotMemberId: null,
    mountPoint: null,
    encryptionKeyRef: null,
    zoneId: null,
    status: 'creating',
    place: null,
    now: 1,
  })
  await store.transaction(async (tx) => {
    await insertShare(tx, rows.share, rows.instance, {})
    await settle(tx, { before: [], after: shareCharges(rows.share, [rows.instance]) }, null)
  })
  return rows
}

async function snapshot({ share: of, instance }: Awaited<ReturnType<typeof share>>) {
  const common = { created_at: 1, updated_at: null, status: 'creating' }
  const { project_id, user_id, size, share_proto } = of
  const row = {
    ...common,
    id: `s-${of.id.slice(2)}`,
    share_id: of.id,
    project_id,
    user_id,
    size,
    share_proto,
  }
  const whole = { ...row, share_size: size, name: null, description: null, share_group_snapshot_id: null }
  const at = {
    ...common,
    id: `i-${of.id.slice(2)}`,
    snapshot_id: row.id,
    share_instance_id: instance.id,
    progress: null,
    provider_location: null,
    driver_state: '{}',
    access_generation: 0,
    access_applied: 0,
  }
  await store.transaction(async (tx) => {
    await insertSnapshot(tx, whole, at, {})
    await settle(tx, { before: [], after: snapshotCharges(whole, of) }, null)
  })
  return { id: row.id, instanceId: at.id }
}

const events = async (id: string, event: string): Promise<number> =>
  (
    await store.db
      .selectFrom('events')
      .select('id')
      .where('resource_id', '=', id)
      .where('event', '=', event)
      .execute()
  ).length

test('of every verb and every status of a share: it moves exactly from where the verb may be asked for', async () => {
  const { share: row, instance } = await share()
  const instanceId = instance.id
  for (const status of shareStatuses) {
    for (const [verb, { states }] of Object.entries(shareAllows)) {
      await store.transaction((tx) => changeInstance(tx, { instanceId, from: null, to: status, now: 2 }))
      const told = await events(row.id, 'share.status')
      const change = { instanceId, from: states, to: 'migrating', now: 3 }
      const moved = await store.transaction((tx) => changeInstance(tx, change))
      const allowed = states.includes(status)
      const after = allowed ? 'migrating' : status
      expect([verb, status, moved]).toEqual([verb, status, allowed])
      expect((await shareById(store.db, row.id))?.status).toBe(after)
      expect((await instanceById(store.db, instanceId))?.status).toBe(after)
      expect(await events(row.id, 'share.status')).toBe(told + (after === status ? 0 : 1))
    }
    expect(await recountQuota(store.db)).toEqual([])
  }
})

test('so it is of snapshots', async () => {
  const of = await snapshot(await share())
  const snapshotInstanceId = of.instanceId
  const change = (from: readonly string[] | null, to: string) =>
    store.transaction((tx) => changeSnapshotInstance(tx, { snapshotInstanceId, from, to, now: 2 }))
  for (const status of snapshotStatuses) {
    for (const [verb, { states }] of Object.entries(snapshotAllows)) {
      await change(null, status)
      const told = await events(of.id, 'snapshot.status')
      const allowed = states.includes(status)
      const after = allowed ? 'migrating' : status
      expect([verb, status, await change(states, 'migrating')]).toEqual([verb, status, allowed])
      expect((await snapshotById(store.db, of.id))?.status).toBe(after)
      expect((await snapshotInstanceById(store.db, snapshotInstanceId))?.status).toBe(after)
      expect(await events(of.id, 'snapshot.status')).toBe(told + (after === status ? 0 : 1))
    }
    expect(await recountQuota(store.db)).toEqual([])
  }
})

test('in random lives quota is what the rows cost, what a share shows is what its instance is, and in the end nothing is left', async () => {
  const step = fc.oneof(
    fc.record({
      share: fc.constantFrom<ShareStatus>(...shareStatuses),
      target: fc.option(fc.integer({ min: 0, max: 9 })),
    }),
    fc.record({ snapshot: fc.constantFrom<SnapshotStatus>(...snapshotStatuses) }),
    fc.record({ rules: fc.constant(true) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const made = await share()
      const instanceId = made.instance.id
      const of = await snapshot(made)
      for (const one of steps) {
        await store.transaction(async (tx) => {
          if ('share' in one) {
            const asked = { instanceId, from: null, to: one.share, now: 2 }
            await changeInstance(tx, { ...asked, share: { target_size: one.target } })
          } else if ('snapshot' in one) {
            const asked = { snapshotInstanceId: of.instanceId, from: null, to: one.snapshot, now: 2 }
            await changeSnapshotInstance(tx, asked)
          } else {
            const held = await holdShareOf(tx, instanceId)
            if (held !== undefined) await raiseAccess(tx, held, { now: 2, requestId: 'r' })
          }
        })
        expect(await recountQuota(store.db)).toEqual([])
        const [row, [is]] = [
          await shareById(store.db, made.share.id),
          await instancesOf(store.db, made.share.id),
        ]
        expect([row?.status, row?.access_rules_status]).toEqual([is?.status, is?.access_rules_status])
      }
      await store.transaction((tx) => removeSnapshotInstance(tx, of.instanceId, { now: 3 }))
      await store.transaction((tx) => removeInstance(tx, instanceId, { now: 3 }))
      expect(await store.transaction((tx) => removeInstance(tx, instanceId, { now: 4 }))).toBe(false)
      const left = await store.db.selectFrom('quota_usages').selectAll().where('in_use', '<>', 0).execute()
      expect(left).toEqual([])
      expect([await events(made.share.id, 'share.deleted'), await events(of.id, 'snapshot.deleted')]).toEqual(
        [1, 1],
      )
    }),
    { numRuns: 25 },
  )
})
