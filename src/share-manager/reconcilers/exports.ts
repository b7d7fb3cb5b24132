/**
 * Every available share and mountable snapshot is published with its rules. An exporter keeps its exports over restarts by itself; this finds
 * what was lost all the same (a daemon whose files went, a disk that was replaced) and puts it back.
 */
import { mountableSnapshotInstances, servedInstances } from '../../db/store/instances-on-backend.ts'
import { mustBeOn, rulesOfInstance, touchRules, type MappedRule } from '../../db/store/access-mappings.ts'
import { replaceExportLocations, replaceSnapshotExportLocations } from '../../db/store/export-locations.ts'
import { servedReadOnly } from '../../db/store/read-only-pools.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { touchSnapshotRules } from '../../db/store/snapshot-instances.ts'
import { isDriverError, type ExportRef } from '../../storage/contract/driver.ts'
import { LeaseLost, withLane, type LaneLease } from '../lane-lease.ts'
import type { BackendScope } from '../parts.ts'
import {
  driverStateOf,
  loadShare,
  loadSnapshot,
  shareExport,
  snapshotExport,
  type ShareSubject,
  type SnapshotSubject,
} from '../refs.ts'
import { mayTry, rest, type Resting } from '../resting.ts'
import { applyRules, type SendRules } from '../rules.ts'
import { forEachBounded } from '../../engine/periodic.ts'

/** Exports put back at once. */
const atOnce = 4

/**
 * Answers how many exports were missing and are there again. What belongs to an exporter that is not up is not missing: it can't be
 * looked for, and comes back with it. One that does not answer is thrown when the others have been seen to.
 */
export async function reconcileExports(parts: BackendScope, resting: Resting = new Map()): Promise<number> {
  const { backend } = parts
  const up = backend.exporters.filter((one) => one.up)
  if (up.length === 0) return 0
  const wanted = [...(await wantedShares(parts)), ...(await wantedSnapshots(parts))]
  // After the rows: what is published meanwhile is then no surprise.
  const seen = await Promise.allSettled(
    up.map(async ({ member: { protocols, publishes } }) => {
      const ids = await backend.call({ name: 'inventory-exports' }, (call) => publishes.inventory(call))
      const there = new Set(ids)
      return wanted.filter(({ id, protocol }) => protocols.includes(protocol) && !there.has(id))
    }),
  )
  const missing = seen.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  const found = await putBack(parts, missing, resting, { what: 'a missing export' })
  for (const one of seen) if (one.status === 'rejected') throw one.reason
  return found
}

/** Publishes these again, those that failed lately later. Answers how many are there; `what` they are is for the log. */
export async function putBack(
  parts: BackendScope,
  wanted: readonly Wanted[],
  resting: Resting,
  { what, withdraw = false }: { readonly what: string; readonly withdraw?: boolean },
): Promise<number> {
  const { backend } = parts
  const due = wanted.filter(({ id }) => mayTry(resting, id))
  let found = 0
  await forEachBounded(due, atOnce, async ({ id, put }) => {
    try {
      if (!(await put(withdraw))) return
      found += 1
      resting.delete(id)
      parts.log.warn({ backend: backend.label, resource_id: id }, `${what} was put back`)
    } catch (error) {
      if (error instanceof LeaseLost) return
      // What does not answer is served to nobody: it is tried at every run.
      const pauseMs = withdraw ? 0 : rest(resting, id)
      parts.log.error(
        { backend: backend.label, resource_id: id, err: error },
        `${what} could not be put back; it is tried again in ${pauseMs / 1000} s`,
      )
    }
  })
  return found
}

export interface Wanted {
  /** Of the share instance or snapshot instance. */
  readonly id: string
  readonly protocol: string
  /**
   * Puts the export back between two operations; false when there was none to put back after all. `withdraw`: takes it away
   * before, because its server holds a tree that does not answer.
   */
  put(withdraw?: boolean): Promise<boolean>
}

/** Shares that have to be served. */
export async function wantedShares(parts: BackendScope): Promise<Wanted[]> {
  const rows = await servedInstances(parts.store.db, parts.backend.id)
  return rows.map(({ id, share_proto: protocol }) => ({
    id,
    protocol,
    put: async (withdraw) => {
      const done = await withLane(parts, id, async (lease) => {
        const subject = await loadShare(parts.store.db, id)
        if (subject === undefined || subject.instance.status !== 'available') return false
        const rules = await rulesOfInstance(parts.store.db, id)
        const on = rules.filter((rule) => mustBeOn.includes(rule.state))
        if (withdraw === true) await unpublish(parts, lease, shareExport(subject))
        await republish(parts, lease, subject, on)
        return true
      })
      return done === true
    },
  }))
}

/** Mountable snapshots in the order of their ids; none where the driver has no such. `of` narrows them. */
export async function wantedSnapshots(
  parts: BackendScope,
  of: { readonly behind?: string; readonly limit?: number; readonly ids?: readonly string[] } = {},
): Promise<Wanted[]> {
  if (parts.backend.driver.mountsSnapshots === undefined || parts.backend.publisher === null) return []
  const rows = await mountableSnapshotInstances(parts.store.db, parts.backend.id, of)
  return rows.map(({ id, share_instance_id, share_proto: protocol }) => ({
    id,
    protocol,
    put: async (withdraw) => {
      const done = await withLane(parts, share_instance_id, async (lease) => {
        const subject = await loadSnapshot(parts.store.db, id)
        if (subject === undefined || subject.snapshotInstance.status !== 'available') return false
        if (withdraw === true) await unpublish(parts, lease, snapshotExport(subject))
        await republishSnapshot(parts, lease, subject)
        return true
      })
      return done === true
    },
  }))
}

/** Mounts and publishes the snapshot; the reconciler of rules puts its rules on. */
async function republishSnapshot(
  parts: BackendScope,
  lease: LaneLease,
  subject: SnapshotSubject,
): Promise<void> {
  const { backend, store, clock } = parts
  const { publisher } = backend
  const { mountsSnapshots } = backend.driver
  if (publisher === null || mountsSnapshots === undefined) return
  const guarded = lease
  const tree = await withdrawnFirst(parts, lease, snapshotExport(subject), () =>
    backend.call({ name: 'snapshot-tree', guarded }, (call) =>
      mountsSnapshots.tree(call, subject.snapshotRef),
    ),
  )
  const locations = await backend.call({ name: 'publish', guarded }, (call) =>
    publisher.publish(call, snapshotExport(subject, tree)),
  )
  const { id } = subject.snapshotInstance
  await store.transaction(async (tx) => {
    await lease.check(tx)
    await replaceSnapshotExportLocations(tx, id, locations, clock.now())
    await touchSnapshotRules(tx, id)
  })
}

/** Finds the tree, publishes it with these rules and records where. The reconciler of rules judges them again. */
export async function republish(
  parts: BackendScope,
  lease: LaneLease,
  subject: ShareSubject,
  rules: readonly MappedRule[],
): Promise<void> {
  const { backend, store, clock } = parts
  const guarded = lease
  const { publisher } = backend
  const found = await withdrawnFirst(parts, lease, shareExport(subject), () =>
    backend.call({ name: 'ensure', guarded }, (call) => backend.driver.ensure(call, subject.ref)),
  )
  const target = shareExport(subject, found.tree)
  const locations =
    publisher === null
      ? []
      : await backend.call({ name: 'publish', guarded }, (call) => publisher.publish(call, target))
  if (publisher !== null && rules.length > 0) {
    const readOnly = await servedReadOnly(store.db, subject.instance)
    const about = { protocol: target.protocol, publisher, readOnly }
    const send: SendRules = (toApply) =>
      backend.call({ name: 'apply-rules', guarded }, (call) => publisher.applyRules(call, target, toApply))
    await applyRules(rules, about, send, { apart: false })
  }
  await store.transaction(async (tx) => {
    await lease.check(tx)
    const now = clock.now()
    const instance = { driver_state: driverStateOf(found) }
    await changeInstance(tx, { instanceId: subject.instance.id, from: null, to: null, instance, now })
    await replaceExportLocations(tx, subject.instance.id, locations, now)
    if (rules.length > 0) await touchRules(tx, subject.instance.id)
  })
}

/** Does `work`, where it asks for that once more after the export was withdrawn. */
async function withdrawnFirst<T>(
  parts: BackendScope,
  lease: LaneLease,
  target: ExportRef,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isDriverError(error) || error.reason !== 'withdraw-first') throw error
    if (parts.backend.publisher === null) throw error
    await unpublish(parts, lease, target)
    return work()
  }
}

async function unpublish({ backend }: BackendScope, guarded: LaneLease, target: ExportRef): Promise<void> {
  const { publisher } = backend
  await backend.call({ name: 'unpublish', guarded }, async (call) => publisher?.unpublish(call, target))
}
