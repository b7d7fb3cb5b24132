/**
 * Every available share and mountable snapshot is published with its rules. An exporter keeps its exports over restarts by itself; this finds
 * what was lost all the same (a daemon whose files went, a disk that was replaced) and puts it back.
 */
import { mustBeOn, rulesOfInstance, touchRules, type MappedRule } from '../../db/store/access-mappings.ts'
import { replaceExportLocations, replaceSnapshotExportLocations } from '../../db/store/export-locations.ts'
import { changeInstance } from '../../db/store/share-instances.ts'
import { touchSnapshotRules } from '../../db/store/snapshot-instances.ts'
import { DriverError } from '../../drivers/driver.ts'
import { LeaseLost, withLane, type LaneLease } from '../lane-lease.ts'
import type { BackendScope } from '../parts.ts'
import {
  keep,
  loadShare,
  loadSnapshot,
  shareExport,
  snapshotExport,
  type ShareSubject,
  type SnapshotSubject,
} from '../refs.ts'
import { exportRules } from '../rules.ts'
import { forEachBounded } from '../../engine/periodic.ts'

/** Exports put back at once. */
const atOnce = 4
/** Milliseconds before an export that could not be put back is tried again; doubles up to the second number. */
const [firstPauseMs, longestPauseMs] = [10_000, 600_000]

/** What could not be put back, and when it is tried again; kept by the caller between runs. */
export type Resting = Map<
  string,
  { readonly untilMs: number; readonly pauseMs: number; readonly gaveUp: boolean }
>

/**
 * Answers how many exports were missing and are there again. Those whose tree gave up are withdrawn and brought back; as what
 * made them give up passes (a full pool), they are tried at every run.
 */
export async function reconcileExports(parts: BackendScope, resting: Resting = new Map()): Promise<number> {
  const { backend } = parts
  const { exporter } = backend
  if (exporter === null) return 0
  const wanted = [...(await wantedShares(parts)), ...(await wantedSnapshots(parts))]
  // After the rows: what is published meanwhile is then no surprise.
  const there = new Set(await backend.call({ name: 'inventory-exports' }, (call) => exporter.inventory(call)))
  const gaveUp = new Set(await failedTrees(parts))
  const missing = wanted.filter(
    ({ id }) => gaveUp.has(id) || (!there.has(id) && (resting.get(id)?.untilMs ?? 0) < Date.now()),
  )
  let found = 0
  await forEachBounded(missing, atOnce, async ({ id, put }) => {
    try {
      if (!(await put())) return
      found += 1
      resting.delete(id)
      const what = gaveUp.has(id)
        ? 'a file system that had given up was brought back'
        : 'a missing export was put back'
      parts.log.warn({ backend: backend.label, resource_id: id }, what)
    } catch (error) {
      if (error instanceof LeaseLost) return
      const before = resting.get(id)
      const soon = gaveUp.has(id) || before?.gaveUp === true
      const pauseMs = soon ? 0 : Math.min(longestPauseMs, (before?.pauseMs ?? firstPauseMs / 2) * 2)
      resting.set(id, { untilMs: Date.now() + pauseMs, pauseMs, gaveUp: soon })
      parts.log.error(
        { backend: backend.label, resource_id: id, err: error },
        `a missing export could not be put back; it is tried again in ${pauseMs / 1000} s`,
      )
    }
  })
  return found
}

/** Not being able to tell is no reason to leave the rest undone. */
async function failedTrees({ backend, log }: BackendScope): Promise<readonly string[]> {
  const { driver } = backend
  if (driver.failed === undefined) return []
  try {
    return await backend.call({ name: 'failed' }, async (call) => (await driver.failed?.(call)) ?? [])
  } catch (error) {
    log.warn({ backend: backend.label, err: error }, 'whether a tree has failed could not be told')
    return []
  }
}

interface Wanted {
  /** Of the share instance or snapshot instance. */
  readonly id: string
  /** Puts the export back between two operations; false when there was none to put back after all. */
  put(): Promise<boolean>
}

async function wantedShares(parts: BackendScope): Promise<Wanted[]> {
  const rows = await parts.store.db
    .selectFrom('share_instances')
    .select('id')
    .where('backend_id', '=', parts.backend.id)
    .where('status', '=', 'available')
    .execute()
  return rows.map(({ id }) => ({
    id,
    put: async () => {
      const done = await withLane(parts, id, async (lease) => {
        const subject = await loadShare(parts.store.db, id)
        if (subject === undefined || subject.instance.status !== 'available') return false
        const rules = await rulesOfInstance(parts.store.db, id)
        const on = rules.filter((rule) => mustBeOn.includes(rule.state))
        await republish(parts, lease, subject, on)
        return true
      })
      return done === true
    },
  }))
}

/** Mountable snapshots; none where the driver has no such. */
export async function wantedSnapshots(parts: BackendScope): Promise<Wanted[]> {
  if (parts.backend.driver.mountsSnapshots === undefined || parts.backend.exporter === null) return []
  const rows = await parts.store.db
    .selectFrom('snapshot_instances')
    .innerJoin('share_instances', 'share_instances.id', 'snapshot_instances.share_instance_id')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select(['snapshot_instances.id', 'snapshot_instances.share_instance_id'])
    .where('share_instances.backend_id', '=', parts.backend.id)
    .where('snapshot_instances.status', '=', 'available')
    .where('shares.mount_snapshot_support', '=', 1)
    .execute()
  return rows.map(({ id, share_instance_id }) => ({
    id,
    put: async () => {
      const done = await withLane(parts, share_instance_id, async (lease) => {
        const subject = await loadSnapshot(parts.store.db, id)
        if (subject === undefined || subject.snapshotInstance.status !== 'available') return false
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
  const { exporter } = backend
  const { mountsSnapshots } = backend.driver
  if (exporter === null || mountsSnapshots === undefined) return
  const guarded = lease
  const tree = await backend.call({ name: 'snapshot-tree', guarded }, (call) =>
    mountsSnapshots.tree(call, subject.snapshotRef),
  )
  const locations = await backend.call({ name: 'publish', guarded }, (call) =>
    exporter.publish(call, snapshotExport(subject, tree)),
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
  const { exporter } = backend
  const ensure = () =>
    backend.call({ name: 'ensure', guarded }, (call) => backend.driver.ensure(call, subject.ref))
  const found = await ensure().catch(async (error: unknown) => {
    const served = error instanceof DriverError && error.reason === 'withdraw-first'
    if (!served || exporter === null) throw error
    await backend.call({ name: 'unpublish', guarded }, (call) =>
      exporter.unpublish(call, shareExport(subject)),
    )
    return ensure()
  })
  const target = shareExport(subject, found.tree)
  const locations =
    exporter === null
      ? []
      : await backend.call({ name: 'publish', guarded }, (call) => exporter.publish(call, target))
  if (exporter !== null && rules.length > 0) {
    const readOnly = subject.instance.cast_rules_to_readonly === 1
    await backend.call({ name: 'apply-rules', guarded }, (call) =>
      exporter.applyRules(call, target, exportRules(rules, { readOnly })),
    )
  }
  await store.transaction(async (tx) => {
    await lease.check(tx)
    const now = clock.now()
    const instance = { driver_state: keep(found) }
    await changeInstance(tx, { instanceId: subject.instance.id, from: null, to: null, instance, now })
    await replaceExportLocations(tx, subject.instance.id, locations, now)
    if (rules.length > 0) await touchRules(tx, subject.instance.id)
  })
}
