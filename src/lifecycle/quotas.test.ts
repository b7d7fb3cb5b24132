/** What settling costs and refuses; what rows cost is in `model/charges.test.ts`. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { linesOf } from '../model/quota-lines.ts'
import { quotaDefaults } from '../model/quota.ts'
import { openTestStore } from '../db/store.fixture.ts'
import type { Store } from '../db/open.ts'
import type { ShareInstancesTable, SharesTable, SnapshotsTable, Tx } from '../db/schema.ts'
import { recountQuota } from '../db/store/quota-recount.ts'
import { refuseUnaffordable, settle } from './quotas.ts'
import { changeInstance } from './shares/change.ts'
import { newShareRows } from './shares/new-rows.ts'
import { removeInstance } from './shares/remove.ts'
import { shownOf } from './shares/shown.ts'
import { insertShare } from '../db/store/shares.ts'
import { insertSnapshot } from '../db/store/snapshot-list.ts'
import { changeSnapshotInstance, removeSnapshotInstance } from './snapshots/change.ts'
import { shareCharges, shareGroupCharges, snapshotCharges } from '../model/charges.ts'

let store: Store
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

const project = 'p'.repeat(32)
const user = 'u'.repeat(32)
const payer = { projectId: project, userId: user, shareTypeId: null }
const now = 1

interface Seeded {
  readonly share: SharesTable
  readonly instance: ShareInstancesTable
}

function rows(more: Partial<SharesTable> = {}): Seeded {
  const made = newShareRows({
    projectId: project,
    userId: user,
    name: null,
    description: null,
    isPublic: false,
    size: 2,
    protocol: 'NFS',
    type: { id: 'gold', extra_specs: {} },
    snapshotId: null,
    shareGroupId: null,
    groupSnapshotMemberId: null,
    mountPoint: null,
    encryptionKeyRef: null,
    zoneId: null,
    status: 'creating',
    place: null,
    now,
  })
  const instance = { ...made.instance, status: 'available' }
  return { instance, share: { ...made.share, ...shownOf(instance), ...more } }
}

/** A charged share. */
async function seed(more: Partial<SharesTable> = {}): Promise<Seeded> {
  const made = rows(more)
  await store.transaction(async (tx) => {
    await insertShare(tx, made.share, made.instance, {})
    await settle(tx, { before: [], after: shareCharges(made.share, [made.instance]) }, null)
  })
  return made
}

/** A charged snapshot of it; answers its instance's id. */
async function seedSnapshot({ share, instance }: Seeded): Promise<string> {
  const snapshot: SnapshotsTable = {
    id: randomUUID(),
    share_id: share.id,
    project_id: project,
    user_id: user,
    name: null,
    description: null,
    size: 2,
    share_size: 2,
    share_group_snapshot_id: null,
    share_proto: 'NFS',
    status: 'available',
    created_at: now,
    updated_at: null,
  }
  const id = randomUUID()
  await store.transaction(async (tx) => {
    const row = {
      id,
      snapshot_id: snapshot.id,
      share_instance_id: instance.id,
      status: 'available',
      progress: null,
      provider_location: null,
      driver_state: '{}',
      access_generation: 0,
      access_applied: 0,
      created_at: now,
      updated_at: null,
    }
    await insertSnapshot(tx, snapshot, row, {})
    await settle(tx, { before: [], after: snapshotCharges(snapshot, share) }, null)
  })
  return id
}

/** How many statements a transition takes. */
async function statements(transition: (tx: Tx) => Promise<unknown>): Promise<number> {
  return store.transaction(async (tx) => {
    const spy = vi.spyOn(tx.getExecutor(), 'executeQuery')
    try {
      await transition(tx)
      return spy.mock.calls.length
    } finally {
      spy.mockRestore()
    }
  })
}

/** Of whole projects by resource; of others by their first letter and the resource. */
const inUse = async (
  scope: 'project' | 'user' | 'share_type' = 'project',
): Promise<Record<string, number>> => {
  const found = await store.db
    .selectFrom('quota_usages')
    .select(['resource', 'scope_id', 'in_use'])
    .where('scope', '=', scope)
    .execute()
  return Object.fromEntries(
    found.map((row) => [`${row.scope_id.charAt(0)} ${row.resource}`.trim(), row.in_use]),
  )
}

describe('transitions take as few statements as before there were lines', () => {
  const stamp = { now: 2 }

  test('of a share', async () => {
    const { instance } = await seed()
    await seed()
    const instanceId = instance.id
    const to = (status: string, share = {}, enforce: typeof quotaDefaults | null = null) =>
      statements((tx) => changeInstance(tx, { instanceId, from: null, to: status, share, enforce, ...stamp }))
    const taken = {
      lost: await statements((tx) =>
        changeInstance(tx, { instanceId, from: ['creating'], to: 'error', ...stamp }),
      ),
      extend: await to('extending', { target_size: 5 }, quotaDefaults),
      extended: await to('available', { size: 5, target_size: null }),
      deferred: await to('deferred_deleting'),
      gone: await statements((tx) => removeInstance(tx, instanceId, stamp)),
    }
    expect(more(taken, atMost.share)).toEqual([])
  })

  test('of a snapshot', async () => {
    const snapshotInstanceId = await seedSnapshot(await seed())
    const taken = {
      deferred: await statements((tx) =>
        changeSnapshotInstance(tx, { snapshotInstanceId, from: null, to: 'deferred_deleting', ...stamp }),
      ),
      reset: await statements((tx) =>
        changeSnapshotInstance(tx, {
          snapshotInstanceId,
          from: null,
          to: 'available',
          enforce: quotaDefaults,
          ...stamp,
        }),
      ),
      gone: await statements((tx) => removeSnapshotInstance(tx, snapshotInstanceId, stamp)),
    }
    expect(more(taken, atMost.snapshot)).toEqual([])
  })
})

/** What took more than it may. */
const more = <Name extends string>(taken: Record<Name, number>, allowed: Record<Name, number>): string[] =>
  (Object.keys(taken) as Name[])
    .filter((name) => taken[name] > allowed[name])
    .map((name) => `${name}: ${taken[name]} statements, at most ${allowed[name]}`)

/** Counted with the release before (docs/decisions/0066-quota-lines.md). */
const atMost = {
  share: { lost: 2, extend: 12, extended: 6, deferred: 12, gone: 20 },
  snapshot: { deferred: 14, reset: 17, gone: 19 },
}

describe('settling', () => {
  test('of several payers refuses the one account that it grows beyond its limit', async () => {
    const limits = { ...quotaDefaults, gigabytes: 5 }
    await store.transaction((tx) =>
      settle(tx, { before: [], after: linesOf(payer, { gigabytes: 4 }) }, limits),
    )
    const other = { ...payer, projectId: 'q'.repeat(32) }
    await store.transaction((tx) =>
      settle(tx, { before: [], after: linesOf(other, { gigabytes: 3 }) }, limits),
    )
    const moved = store.transaction((tx) =>
      settle(
        tx,
        { before: linesOf(other, { gigabytes: 2 }), after: linesOf(payer, { gigabytes: 2 }) },
        limits,
      ),
    )
    await expect(moved).rejects.toThrow('gigabytes of the project is limited to 5, 4 in use, 2 more asked')
    await store.transaction((tx) =>
      settle(
        tx,
        { before: linesOf(other, { gigabytes: 1 }), after: linesOf(payer, { gigabytes: 1 }) },
        limits,
      ),
    )
    const usages = await store.db
      .selectFrom('quota_usages')
      .select(['project_id', 'scope', 'in_use'])
      .orderBy('project_id')
      .orderBy('scope')
      .execute()
    expect(usages.map((row) => `${row.project_id[0]} ${row.scope} ${row.in_use}`)).toEqual([
      'p project 5',
      'p user 5',
      'q project 2',
      'q user 2',
    ])
  })

  test('of what moves between users of a project is no growth of the project', async () => {
    const limits = { ...quotaDefaults, shares: 1 }
    const one = linesOf(payer, { shares: 1 })
    await store.transaction((tx) => settle(tx, { before: [], after: one }, limits))
    const after = linesOf({ ...payer, userId: 'other' }, { shares: 1 })
    await store.transaction((tx) => settle(tx, { before: one, after }, limits))
    expect([await inUse(), await inUse('user')]).toEqual([{ shares: 1 }, { 'u shares': 0, 'o shares': 1 }])
  })

  test('of what only has to be affordable leaves nothing', async () => {
    const lines = linesOf(payer, { shares: 1, gigabytes: 1 })
    await store.transaction((tx) => refuseUnaffordable(tx, lines, quotaDefaults))
    expect(await inUse()).toEqual({ shares: 0, gigabytes: 0 })
    const none = store.transaction((tx) => refuseUnaffordable(tx, lines, { ...quotaDefaults, shares: 0 }))
    await expect(none).rejects.toThrow('Quota exceeded: shares of the project is limited to 0')
  })
})

describe('the recount agrees', () => {
  const replicaOf = ({ instance }: Seeded, more: Partial<ShareInstancesTable> = {}) => ({
    ...instance,
    id: randomUUID(),
    created_at: now + 1,
    status: 'creating',
    replica_state: 'out_of_sync',
    ...more,
  })

  test('with what settled shares of several instances, whatever becomes of one of them', async () => {
    const made = await seed({ replication_type: 'dr', has_replicas: 1 })
    await seed()
    await seed()
    const replica = replicaOf(made)
    await store.transaction(async (tx) => {
      await tx.insertInto('share_instances').values(replica).execute()
      const before = shareCharges(made.share, [made.instance])
      await settle(tx, { before, after: shareCharges(made.share, [made.instance, replica]) }, quotaDefaults)
    })
    expect(await inUse()).toEqual({ shares: 3, gigabytes: 6, share_replicas: 2, replica_gigabytes: 4 })
    expect(await recountQuota(store.db)).toEqual([])
    const moves = [
      { instanceId: replica.id, to: 'available' },
      { instanceId: replica.id, to: 'deferred_deleting' },
      { instanceId: made.instance.id, to: 'error' },
    ]
    for (const { instanceId, to } of moves) {
      await store.transaction((tx) => changeInstance(tx, { instanceId, from: null, to, now: 3 }))
      expect(await recountQuota(store.db)).toEqual([])
    }
    expect(await inUse()).toMatchObject({ shares: 3, share_replicas: 1 })
    await store.transaction((tx) => removeInstance(tx, replica.id, { now: 4 }))
    expect(await recountQuota(store.db)).toEqual([])
    await store.transaction((tx) => removeInstance(tx, made.instance.id, { now: 5 }))
    expect(await recountQuota(store.db)).toEqual([])
    expect(await inUse()).toEqual({ shares: 2, gigabytes: 4, share_replicas: 0, replica_gigabytes: 0 })
  })

  test('with a share that is being retyped', async () => {
    const made = await seed()
    const copy = replicaOf(made, { share_type_id: 'silver', status: 'migrating_to', replica_state: null })
    await store.transaction(async (tx) => {
      await tx.insertInto('share_instances').values(copy).execute()
      const before = shareCharges(made.share, [made.instance])
      await settle(tx, { before, after: shareCharges(made.share, [made.instance, copy]) }, null)
    })
    expect(await recountQuota(store.db)).toEqual([])
    await store.transaction((tx) => removeInstance(tx, made.instance.id, { now: 4 }))
    expect(await recountQuota(store.db)).toEqual([])
    const { share_type_id } = await store.db
      .selectFrom('shares')
      .select('share_type_id')
      .executeTakeFirstOrThrow()
    expect([share_type_id, await inUse('share_type')]).toEqual([
      'silver',
      { 'g shares': 0, 'g gigabytes': 0, 's shares': 1, 's gigabytes': 2 },
    ])
  })

  test('with share groups, and finds one that was never charged', async () => {
    const row = {
      id: randomUUID(),
      project_id: project,
      user_id: user,
      name: null,
      description: null,
      status: 'error',
      host: '',
      availability_zone_id: null,
      share_group_type_id: 't',
      share_network_id: null,
      share_server_id: null,
      source_share_group_snapshot_id: null,
      consistent_snapshot_support: null,
      created_at: now,
      updated_at: null,
    }
    await store.db.insertInto('share_groups').values(row).execute()
    expect(
      (await recountQuota(store.db)).map((one) => `${one.scope} ${one.resource} ${one.counted}`),
    ).toEqual(['project share_groups 1', 'user share_groups 1'])
    await store.transaction((tx) => settle(tx, { before: [], after: shareGroupCharges(row) }, quotaDefaults))
    expect(await recountQuota(store.db)).toEqual([])
  })
})
