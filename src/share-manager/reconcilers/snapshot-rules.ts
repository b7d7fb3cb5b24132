/**
 * Access to mountable snapshots: the snapshot's own rules, or those of its share where the share type says that snapshots
 * inherit them; always read-only.
 */
import {
  mustBeOn,
  removeDeniedOfSnapshot,
  rulesOfInstance,
  rulesOfSnapshot,
  settleSnapshotRules,
  startQueuedSnapshotRules,
  type MappedRule,
} from '../../db/store/access-mappings.ts'
import { recordMessage } from '../../db/store/records.ts'
import { snapshotInstanceById, snapshotInstancesOn } from '../../db/store/snapshots.ts'
import type { Tx } from '../../db/schema.ts'
import { DriverError, type RuleOutcome } from '../../drivers/driver.ts'
import { LeaseLost, withLane, type LaneLease } from '../lane-lease.ts'
import type { BackendScope } from '../parts.ts'
import {
  loadSnapshot,
  snapshotExport,
  withSnapshots,
  type ShareSubject,
  type SnapshotSubject,
} from '../refs.ts'
import { applyRules, everyRuleFailed, publisherFor, retryOf, ruleDetail } from '../rules.ts'
import { forEachBounded } from '../../engine/periodic.ts'
import type { Pass } from './access-rules.ts'

/** One pass over one snapshot instance, in the lane of its share instance. */
export async function passSnapshotRules(
  parts: BackendScope,
  snapshotInstanceId: string,
  lastTry: boolean,
): Promise<Pass> {
  const row = await snapshotInstanceById(parts.store.db, snapshotInstanceId)
  if (row === undefined) return { end: 'done' }
  try {
    const ended = await withLane(parts, row.share_instance_id, (lease) =>
      passInLane(parts, lease, snapshotInstanceId, lastTry),
    )
    return ended === 'busy' ? { end: 'again', soon: false } : ended
  } catch (error) {
    if (error instanceof LeaseLost) return { end: 'again', soon: false }
    throw error
  }
}

/** What is left to tell. */
export interface Late {
  /** Snapshot instances that could not be told. */
  readonly ids: readonly string[]
  /** Why one of them could not. */
  readonly error: unknown
  /** Null: a repeat does not help, or all were told. */
  readonly retry: ReturnType<typeof retryOf>
}

const nobody: Late = { ids: [], error: null, retry: null }

/** Snapshots told at once. */
const atOnce = 4

/**
 * Gives the exports of the snapshots that inherit the share's rules these rules, so that who is denied reads no snapshot any more either
 * when the denial has ended. Snapshots of whatever status: an administrator's reset withdraws no export.
 */
export async function applyToInheriting(
  parts: BackendScope,
  lease: LaneLease,
  { share, instance }: ShareSubject,
  rules: readonly MappedRule[],
  lastTry: boolean,
): Promise<Late> {
  if (share.snapshot_inherit_share_access_support === 0 || share.mount_snapshot_support === 0) return nobody
  const { exporter, driver } = parts.backend
  if (exporter === null || driver.mountsSnapshots === undefined) return nobody
  const rows = await snapshotInstancesOn(parts.store.db, instance.id)
  const ids: string[] = []
  const errors: unknown[] = []
  await forEachBounded(await withSnapshots(parts.store.db, rows), atOnce, async (subject) => {
    const target = snapshotExport(subject)
    try {
      await applyRules(publisherFor(parts, lease), target, rules, { readOnly: true, lastTry })
    } catch (error) {
      // What is not published lets nobody in.
      if (error instanceof DriverError && error.reason === 'not-found') return
      ids.push(target.id)
      errors.push(error)
    }
  })
  const [error = null] = errors
  return { ids, error, retry: lastTry || ids.length === 0 ? null : retryOf(error) }
}

interface Work {
  readonly subject: SnapshotSubject
  readonly own: readonly MappedRule[]
  readonly wanted: readonly MappedRule[]
  readonly generation: number
}

async function passInLane(
  parts: BackendScope,
  lease: LaneLease,
  id: string,
  lastTry: boolean,
): Promise<Pass> {
  const work = await parts.store.transaction((tx) => begin(tx, parts, lease, id))
  if (work === null) return { end: 'done' }
  let outcomes: readonly RuleOutcome[]
  try {
    outcomes = await applyRules(publisherFor(parts, lease), snapshotExport(work.subject), work.wanted, {
      readOnly: true,
      lastTry,
    })
  } catch (error) {
    const retry = retryOf(error)
    if (retry !== null && !lastTry) return { end: 'retry', error, ...retry }
    outcomes = everyRuleFailed(work.own, error)
  }
  const changed = await parts.store.transaction((tx) => end(tx, parts, lease, work, outcomes))
  return changed ? { end: 'again', soon: true } : { end: 'done' }
}

async function begin(tx: Tx, parts: BackendScope, lease: LaneLease, id: string): Promise<Work | null> {
  await lease.check(tx)
  const subject = await loadSnapshot(tx, id)
  if (subject === undefined) return null
  const { access_generation: generation, access_applied } = subject.snapshotInstance
  if (generation === access_applied) return null
  await startQueuedSnapshotRules(tx, subject.snapshot.id, parts.clock.now())
  const own = await rulesOfSnapshot(tx, subject.snapshot.id)
  const inherits = subject.share.snapshot_inherit_share_access_support === 1
  const rules = inherits ? await rulesOfInstance(tx, subject.instance.id) : own
  return { subject, own, wanted: rules.filter((rule) => mustBeOn.includes(rule.state)), generation }
}

async function end(
  tx: Tx,
  parts: BackendScope,
  lease: LaneLease,
  work: Work,
  outcomes: readonly RuleOutcome[],
): Promise<boolean> {
  await lease.check(tx)
  const now = parts.clock.now()
  const { snapshot, snapshotInstance } = work.subject
  const own = new Set(work.own.map(({ id }) => id))
  const mine = outcomes.filter(({ id }) => own.has(id))
  const ids = (state: RuleOutcome['state']) => mine.filter((one) => one.state === state).map(({ id }) => id)
  const failed = mine.filter((one) => one.state === 'error')
  const move = { now, to: 'error', from: ['applying', 'updating', 'denying', 'active'] } as const
  await settleSnapshotRules(tx, snapshot.id, ids('error'), move)
  const on = { now, to: 'active', from: ['applying', 'updating'] } as const
  await settleSnapshotRules(tx, snapshot.id, ids('active'), on)
  await removeDeniedOfSnapshot(tx, snapshot.id, snapshotInstance.id)
  await tx
    .updateTable('snapshot_instances')
    .set({ access_applied: work.generation })
    .where('id', '=', snapshotInstance.id)
    .execute()
  const reasons = failed.map((one) => ruleDetail(one.reason))
  if (failed.length > 0) {
    await recordMessage(tx, {
      projectId: snapshot.project_id,
      requestId: null,
      resourceType: 'SHARE_SNAPSHOT',
      resourceId: snapshot.id,
      actionId: '010',
      detailId: reasons.find((detail) => detail !== '001') ?? '001',
      now,
      ttlS: parts.settings.shares.message_ttl_s,
    })
  }
  for (const { id: access_rule, why } of failed)
    parts.log.warn(
      { resource_id: snapshot.id, backend: parts.backend.label, access_rule },
      `an access rule could not be applied: ${why ?? 'no reason was given'}`,
    )
  const after = await snapshotInstanceById(tx, snapshotInstance.id)
  return after !== undefined && after.access_generation !== work.generation
}
