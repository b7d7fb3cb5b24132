/**
 * Access to mountable snapshots: the snapshot's own rules, or those of its share where the share type says that snapshots
 * inherit them; always read-only.
 */
import {
  removeDeniedOfSnapshot,
  respell,
  rulesOfInstance,
  rulesOfSnapshot,
  settleSnapshotRules,
  startQueuedSnapshotRules,
  type MappedRule,
} from '../../db/store/access-mappings.ts'
import { recordMessage } from '../../db/store/records.ts'
import {
  noteRulesApplied,
  snapshotInstancesOfShareInstance,
  touchInheritedRules,
  touchSnapshotRules,
} from '../../db/store/snapshot-instances.ts'
import { snapshotInstanceById } from '../../db/store/snapshots.ts'
import type { Tx } from '../../db/schema.ts'
import { isDriverError, type RuleOutcome } from '../../storage/contract/driver.ts'
import type { LaneLease } from '../lane-lease.ts'
import type { BackendScope } from '../parts.ts'
import { loadSnapshot, snapshotExport, type ShareSubject, type SnapshotSubject } from '../refs.ts'
import { applyRules, everyRuleFailed, respelled, type SendRules } from '../rules.ts'
import { outcomesOrRetry, passIn, type Pass } from './pass.ts'

/** One pass over one snapshot instance, in the lane of its share instance. */
export async function passSnapshotRules(
  parts: BackendScope,
  snapshotInstanceId: string,
  lastTry: boolean,
): Promise<Pass> {
  const row = await snapshotInstanceById(parts.store.db, snapshotInstanceId)
  if (row === undefined) return { end: 'done' }
  return passIn(parts, row.share_instance_id, {
    begin: (tx) => begin(tx, parts, snapshotInstanceId),
    work: (lease, work) => passInLane(parts, lease, work, lastTry),
  })
}

/** Snapshots that inherit follow every change of their share's rules. */
export async function touchInheriting(tx: Tx, { share, instance }: ShareSubject): Promise<void> {
  if (share.snapshot_inherit_share_access_support === 0 || share.mount_snapshot_support === 0) return
  await touchInheritedRules(tx, instance.id)
}

/** Why one of the snapshots could not be told. */
export interface Late {
  readonly error: unknown
  readonly afterS: number | null
}

/**
 * The same at once, for a lane that is held. Snapshots of whatever status: one that an administrator reset is still an export. One that
 * can't be told keeps no other from it.
 */
export async function followNow(
  parts: BackendScope,
  lease: LaneLease,
  { share, instance }: ShareSubject,
): Promise<Late | null> {
  if (share.snapshot_inherit_share_access_support === 0 || share.mount_snapshot_support === 0) return null
  let late: Late | null = null
  for (const { id } of await snapshotInstancesOfShareInstance(parts.store.db, instance.id)) {
    const work = await parts.store.transaction(async (tx) => {
      await lease.check(tx)
      await touchSnapshotRules(tx, id)
      return begin(tx, parts, id)
    })
    if (work === null) continue
    const pass = await passInLane(parts, lease, work, false)
    if (pass.end === 'retry') late ??= { error: pass.error, afterS: pass.afterS }
  }
  return late
}

interface Work {
  readonly subject: SnapshotSubject
  readonly own: readonly MappedRule[]
  /** Rules of its share are in force. */
  readonly inherits: boolean
  /** Those in force, and others. */
  readonly rules: readonly MappedRule[]
  readonly generation: number
}

async function passInLane(
  parts: BackendScope,
  lease: LaneLease,
  work: Work,
  lastTry: boolean,
): Promise<Pass> {
  const outcomes = await outcomesOrRetry(
    (options) => apply(parts, lease, work, options),
    lastTry,
    (last) =>
      // The rules are the share's, which is not to hear that they hold here.
      work.inherits && !lastTry
        ? { end: 'retry', error: last, afterS: null }
        : everyRuleFailed(work.own, last),
  )
  if ('end' in outcomes) return outcomes
  const changed = await parts.store.transaction((tx) => end(tx, parts, lease, work, outcomes))
  return changed ? { end: 'again', soon: true } : { end: 'done' }
}

async function begin(tx: Tx, parts: BackendScope, id: string): Promise<Work | null> {
  const subject = await loadSnapshot(tx, id)
  if (subject === undefined) return null
  const { access_generation: generation, access_applied } = subject.snapshotInstance
  if (generation === access_applied) return null
  await startQueuedSnapshotRules(tx, subject.snapshot.id, parts.clock.now())
  const own = await rulesOfSnapshot(tx, subject.snapshot.id)
  const inherits = subject.share.snapshot_inherit_share_access_support === 1
  const rules = inherits ? await rulesOfInstance(tx, subject.instance.id) : own
  return { subject, own, inherits, rules, generation }
}

async function apply(
  parts: BackendScope,
  lease: LaneLease,
  work: Work,
  options: { readonly apart: boolean },
): Promise<readonly RuleOutcome[]> {
  const { publisher } = parts.backend
  if (publisher === null) return []
  const about = { protocol: work.subject.ref.protocol, readOnly: true, publisher }
  const send: SendRules = (toApply) =>
    parts.backend.call({ name: 'apply-rules', guarded: lease }, (call) =>
      publisher.applyRules(call, snapshotExport(work.subject), toApply),
    )
  try {
    return await applyRules(work.rules, about, send, options)
  } catch (error) {
    // Where nothing is published there is nobody to let in; whoever publishes it has its rules looked at again.
    const isUnpublished = isDriverError(error) && error.reason === 'not-found'
    if (isUnpublished && work.inherits) return []
    throw error
  }
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
  const toError = { now, to: 'error', from: ['applying', 'updating', 'denying', 'active'] } as const
  await settleSnapshotRules(tx, snapshot.id, ids('error'), toError)
  const toActive = { now, to: 'active', from: ['applying', 'updating'] } as const
  await settleSnapshotRules(tx, snapshot.id, ids('active'), toActive)
  await removeDeniedOfSnapshot(tx, snapshot.id, snapshotInstance.id)
  await respell(tx, 'snapshot_access_rules', respelled(await rulesOfSnapshot(tx, snapshot.id)))
  await noteRulesApplied(tx, snapshotInstance.id, work.generation)
  if (failed.length > 0) {
    await recordMessage(tx, {
      projectId: snapshot.project_id,
      requestId: null,
      resourceType: 'SHARE_SNAPSHOT',
      resourceId: snapshot.id,
      actionId: '010',
      detailId: failed.some((one) => one.reason === 'client-forbidden') ? '020' : '021',
      cause: { code: failed[0]?.reason ?? 'backend-nothing-happened' },
      now,
      ttlS: parts.settings.shares.message_ttl_s,
    })
  }
  const after = await snapshotInstanceById(tx, snapshotInstance.id)
  return after !== undefined && after.access_generation !== work.generation
}
