/**
 * Work that failed, asked once more: by the real verbs, the real steps and the sim. Whatever is left half done, the laws hold at the end
 * (nothing on the backend that no row knows, quota as recounted, room as recounted).
 */
import { afterEach, describe, expect, it } from 'vitest'
import { retryOperation } from '../../app/operations/retry.ts'
import type { Ctx } from '../../app/context.ts'
import type { Faults } from '../../storage/sim/faults.ts'
import type { Tx } from '../../db/schema.ts'
import { Fault } from '../../model/errors.ts'
import { operationPlans, type OperationKind } from '../../model/operations.ts'
import { Policy } from '../../policy/enforce.ts'
import { openBench, type Bench, type BenchOptions } from '../bench.fixture.ts'
import { brokenLaws } from '../laws.fixture.ts'
import {
  askForShare,
  askForSnapshot,
  askOfShare,
  askOfSnapshot,
  availableShare,
  availableSnapshot,
  owner,
  scenarios,
} from '../scenarios.fixture.ts'

let bench: Bench
const open = async (options: BenchOptions = {}) => {
  bench = await openBench(options)
}
afterEach(() => bench.close())

let requests = 0
const ctx = (tx: Tx): Ctx => ({
  store: bench.store,
  clock: bench.clock,
  bus: bench.bus,
  settings: bench.settings as Ctx['settings'],
  policy: new Policy({ clock: bench.clock }),
  identity: {
    userId: owner.user,
    userName: 'user',
    userDomainId: 'default',
    projectId: owner.project,
    projectName: 'project',
    projectDomainId: 'default',
    roles: ['admin', 'member', 'reader'],
    serviceRoles: [],
    scope: 'project',
    auditId: 'a',
    expiresAt: Number.MAX_SAFE_INTEGER,
  },
  requestId: `req-retry-${++requests}`,
  minor: 99,
  flags: new Set(['clonesFollowParent']),
  db: tx,
  tx,
  afterCommit: () => {},
  warn: () => {},
})

const retry = (id: string): Promise<string> =>
  bench.store.transaction(async (tx) => (await retryOperation(ctx(tx), id)).id)
const refusal = async (id: string): Promise<string> => {
  try {
    await retry(id)
    return 'granted'
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return `${error.status} ${error.message}`
  }
}

const rows = async (table: 'shares' | 'snapshots') => {
  const found = await bench.store.db.selectFrom(table).selectAll().orderBy('created_at').execute()
  return found.map(({ status, size }) => `${status} ${size}`)
}
const stateOf = async (id: string) => {
  const row = await bench.store.db
    .selectFrom('operations')
    .select('state')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return row.state
}
const usages = async () => {
  const found = await bench.store.db.selectFrom('quota_usages').selectAll().orderBy('resource').execute()
  return found
    .filter(({ scope }) => scope === 'project')
    .map(({ resource, in_use }) => `${resource} ${in_use}`)
}

const fail = { kind: 'fail' } as const

/** What makes it fail, what is left then, and what is there in the end. */
const cases: readonly [OperationKind, Faults, left: string, end: string][] = [
  ['create-share', { create: fail }, 'error 4', 'available 4'],
  ['create-share', { publish: fail }, 'error 4', 'available 4'],
  ['delete-share', { delete: fail }, 'error_deleting 4', ''],
  ['delete-share', { unpublish: fail }, 'error_deleting 4', ''],
  ['extend-share', { extend: fail }, 'extending_error 4', 'available 7'],
  ['shrink-share', { shrink: fail }, 'shrinking_error 4', 'available 2'],
  ['revert-share', { revert: fail }, 'reverting_error 9, available 4', 'available 4, available 4'],
  ['revert-and-extend-share', { revert: fail }, 'reverting_error 2, available 4', 'available 4, available 4'],
  ['unmanage-share', { unmanage: fail }, 'unmanage_error 4', ''],
  ['create-snapshot', { 'create-snapshot': fail }, 'available 4, error 4', 'available 4, available 4'],
  ['create-snapshot', { publish: fail }, 'available 4, error 4', 'available 4, available 4'],
  ['delete-snapshot', { 'delete-snapshot': fail }, 'available 4, error_deleting 4', 'available 4'],
  ['unmanage-snapshot', { 'unmanage-snapshot': fail }, 'available 4, unmanage_error 4', 'available 4'],
]

const everything = async () => [...(await rows('shares')), ...(await rows('snapshots'))].join(', ')

describe('failed work', () => {
  it.each(cases)('%s, after %j', async (kind, faults, left, end) => {
    await open()
    const id = await scenarios[kind](bench)
    await bench.setFaults(faults)
    await bench.drain()
    expect([await stateOf(id), await everything()]).toEqual(['failed', left])
    const before = await usages()
    // It fails once more, and can be asked once more.
    const second = await retry(id)
    await bench.drain()
    expect([await stateOf(second), await everything(), await usages()]).toEqual(['failed', left, before])
    expect(await refusal(id)).toMatch(/^409 Operation \S+ is not the last one of /)
    await bench.setFaults({})
    const third = await retry(second)
    await bench.drain()
    expect([await stateOf(third), await everything()]).toEqual(['done', end])
    expect(await brokenLaws(bench)).toEqual([])
    expect(await refusal(third)).toBe(`409 Operation ${third} is done: there is nothing to retry.`)
  })

  it('of a share that left something on the backend takes it up, or takes it away', async () => {
    for (const faults of [{}, { publish: fail }] satisfies Faults[]) {
      await open()
      const { operationId, instanceId } = await askForShare(bench)
      // It is made, and can't be taken away again.
      await bench.setFaults({ publish: fail, delete: fail })
      await bench.drain()
      expect([await stateOf(operationId), await everything()]).toEqual(['failed', 'error 4'])
      expect(bench.held().shares).toEqual([instanceId])
      await bench.setFaults(faults)
      await retry(operationId)
      await bench.drain()
      const works = Object.keys(faults).length === 0
      expect(await everything()).toBe(works ? 'available 4' : 'error 4')
      expect(bench.held().shares).toEqual(works ? [instanceId] : [])
      expect(await brokenLaws(bench)).toEqual([])
      if (works) await bench.close()
    }
  })

  it('of a share from a snapshot asks for that again, while it is there', async () => {
    await open()
    const source = await availableSnapshot(bench, await availableShare(bench))
    const { operationId } = await askForShare(bench, { from: source })
    await bench.setFaults({ clone: fail })
    await bench.drain()
    await bench.store.db.updateTable('snapshots').set({ status: 'error' }).execute()
    expect(await refusal(operationId)).toMatch(
      /^409 It can't be retried: snapshot \S+ is error: it must be available$/,
    )
    await bench.store.db.updateTable('snapshots').set({ status: 'available' }).execute()
    await bench.setFaults({})
    await retry(operationId)
    await bench.drain()
    expect(await rows('shares')).toEqual(['available 4', 'available 4'])
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('of a snapshot is not asked again when the share has another size, or a newer snapshot', async () => {
    await open()
    const share = await availableShare(bench)
    const { operationId } = await askForSnapshot(bench, share)
    await bench.setFaults({ 'create-snapshot': fail })
    await bench.drain()
    await bench.setFaults({})
    await bench.store.db.updateTable('shares').set({ size: 5 }).execute()
    expect(await refusal(operationId)).toContain('had another size then: delete snapshot')
    await bench.store.db.updateTable('shares').set({ size: 4 }).execute()
    await availableSnapshot(bench, share)
    expect(await refusal(operationId)).toContain('has a newer snapshot: delete snapshot')
  })
})

describe('deletions', () => {
  it('that were deferred give no quota back twice, and charge none again', async () => {
    await open()
    const asked = { force: false, deferred: true }
    const snapshot = await availableSnapshot(bench, await availableShare(bench))
    const share = await availableShare(bench)
    await bench.setFaults({ 'delete-snapshot': fail, delete: fail })
    const ofSnapshot = await askOfSnapshot(bench, snapshot, 'delete-snapshot', asked, 'deferred_deleting')
    const ofShare = await askOfShare(bench, share, 'delete-share', asked, 'deferred_deleting')
    await bench.drain()
    const released = await usages()
    expect(released).toEqual(['gigabytes 4', 'shares 1', 'snapshot_gigabytes 0', 'snapshots 0'])
    const ids = [ofSnapshot, ofShare]
    for (const id of ids) expect(await stateOf(id)).toBe('failed')
    for (const id of ids) await retry(id)
    expect(await everything()).toBe('available 4, deferred_deleting 4, deferred_deleting 4')
    expect(await usages()).toEqual(released)
    await bench.setFaults({})
    await bench.drain()
    expect([await everything(), await usages()]).toEqual(['available 4', released])
    expect(await brokenLaws(bench)).toEqual([])
  })

  it('by force are asked by force again', async () => {
    await open()
    const asked = { force: true, deferred: false }
    const id = await askOfShare(bench, await availableShare(bench), 'delete-share', asked, 'error_deleting')
    await bench.store.db.updateTable('operations').set({ state: 'failed' }).where('id', '=', id).execute()
    await bench.store.db.updateTable('operation_lanes').set({ finished: 1 }).execute()
    const again = await retry(id)
    const { payload } = await bench.store.db
      .selectFrom('operations')
      .select('payload')
      .where('id', '=', again)
      .executeTakeFirstOrThrow()
    expect(JSON.parse(payload)).toMatchObject({ force: true })
    await bench.drain()
    expect(await everything()).toBe('')
    expect(await brokenLaws(bench)).toEqual([])
  })
})

describe('two at once', () => {
  it.each(cases.filter(([, , left], index) => cases.findIndex((one) => one[2] === left) === index))(
    'begin one operation: %s',
    async (kind, faults) => {
      await open()
      const id = await scenarios[kind](bench)
      await bench.setFaults(faults)
      await bench.drain()
      const ends = await Promise.all(Array.from({ length: 4 }, () => refusal(id)))
      expect(ends.filter((end) => end === 'granted')).toHaveLength(1)
      for (const end of ends.filter((one) => one !== 'granted')) expect(end).toMatch(/^409 \S+ \S+ .+/)
      const begun = await bench.store.db
        .selectFrom('operations')
        .select('id')
        .where('request_id', 'like', 'req-retry-%')
        .execute()
      expect(begun).toHaveLength(1)
      await bench.setFaults({})
      await bench.drain()
      expect(await brokenLaws(bench)).toEqual([])
    },
  )
})

describe('what is not asked again', () => {
  it('says what to do instead, of every kind and state', async () => {
    await open()
    const id = await scenarios['create-share'](bench)
    const set = (columns: object) =>
      bench.store.db.updateTable('operations').set(columns).where('id', '=', id).execute()
    expect(await refusal(id)).toBe(`409 Operation ${id} is queued: wait for its end, or cancel it first.`)
    await set({ state: 'failed', finished_at: 1 })
    // The share is being made all the same: somebody else is at it.
    expect(await refusal(id)).toMatch(
      /^409 Share \S+ is creating: operation \S+ can be retried when it is error\. /,
    )
    await set({ cause_code: 'status-reset' })
    expect(await refusal(id)).toMatch(/^409 An administrator ended operation /)
    await set({ cause_code: null, version: 7 })
    expect(await refusal(id)).toBe(
      `409 Operation ${id} is of another release: ask for what it was to do anew.`,
    )
    const kinds = Object.keys(operationPlans) as OperationKind[]
    const never = kinds.filter((kind) => !cases.some(([one]) => one === kind))
    expect(never).toEqual([
      'manage-share',
      'manage-snapshot',
      'create-share-group',
      'delete-share-group',
      'create-share-group-snapshot',
      'delete-share-group-snapshot',
      'ensure-shares',
    ])
    for (const kind of [...never, 'of-tomorrow']) {
      await set({ kind, version: 1 })
      expect(await refusal(id)).toMatch(/^409 An operation \S+ can't be retried: [a-z].+ (again|anew)\.$/)
    }
    await set({ kind: 'create-share' })
    await bench.store.db.deleteFrom('shares').execute()
    expect(await refusal(id)).toMatch(/^409 Share \S+ is gone: ask for a new one\.$/)
  })

  it('is a deletion of what is in use again, or of what a lock protects', async () => {
    await open()
    const id = await scenarios['delete-share'](bench)
    await bench.setFaults({ delete: fail })
    await bench.drain()
    for (const status of ['available', 'error']) {
      await bench.store.db.updateTable('shares').set({ status }).execute()
      await bench.store.db.updateTable('share_instances').set({ status }).execute()
      expect(await refusal(id)).toContain(
        `is ${status}: operation ${id} can be retried when it is error_deleting`,
      )
    }
    const status = 'error_deleting'
    await bench.store.db.updateTable('shares').set({ status }).execute()
    await bench.store.db.updateTable('share_instances').set({ status }).execute()
    const share = await bench.store.db.selectFrom('shares').select('id').executeTakeFirstOrThrow()
    const whose = { project_id: owner.project, user_id: owner.user, lock_context: 'user', lock_reason: null }
    const what = { resource_id: share.id, resource_type: 'share', resource_action: 'delete' }
    await bench.store.db
      .insertInto('resource_locks')
      .values({ id: 'lock-1', ...whose, ...what, created_at: 1, updated_at: null })
      .execute()
    expect(await refusal(id)).toContain(
      `409 It can't be retried: Share ${share.id} is locked against deletion: remove the resource lock first`,
    )
  })
})
