/**
 * Makes the access rules true. Rules are desired state with a generation: however many changes were queued, one call gives
 * the exporter the whole set, and each rule's outcome is its own. It runs between the operations of an instance, never
 * beside one, and picks up what a dead process left `applying`, `denying` or `updating`.
 */
import {
  refreshRules,
  removeDenied,
  respell,
  rulesOfInstance,
  instancesOfOperations,
  rulesWork,
  rulesStatusOf,
  setAccessKey,
  settleRules,
  startQueuedRules,
  type MappedRule,
} from '../../db/store/access-mappings.ts'
import { servedReadOnly } from '../../db/store/read-only-pools.ts'
import { recordEvent, recordMessage } from '../../db/store/records.ts'
import { changeInstance, holdShareOf } from '../../lifecycle/shares/change.ts'
import type { Tx } from '../../db/schema.ts'
import { isDriverError, type RuleOutcome } from '../../storage/contract/driver.ts'
import type { MessageAction } from '../../model/messages.ts'
import type { LaneLease } from '../lane-lease.ts'
import type { BackendScope } from '../parts.ts'
import { loadShare, shareExport, type ShareSubject } from '../refs.ts'
import { applyRules, everyRuleFailed, respelled, type SendRules } from '../rules.ts'
import { followNow, passSnapshotRules, touchInheriting } from './snapshot-rules.ts'
import { outcomesOrRetry, passIn, type Pass } from './pass.ts'
import { rulesQueue, type RulesQueue } from './rules-queue.ts'
import { republish } from './exports.ts'

/** Serves the rules of the backend's share instances and snapshot instances. */
export function accessRules(parts: BackendScope): RulesQueue {
  return rulesQueue(parts, {
    async find(limit, told) {
      const { db } = parts.store
      if (told === null) return rulesWork(db, parts.backend.id, limit)
      const of = told.operations.size === 0 ? [] : await instancesOfOperations(db, [...told.operations])
      const ids = [...new Set([...told.instances, ...of])]
      return ids.length === 0 ? [] : rulesWork(db, parts.backend.id, limit, ids)
    },
    pass: (id, lastTry) => passRules(parts, id, lastTry),
    passSnapshot: (id, lastTry) => passSnapshotRules(parts, id, lastTry),
  })
}

/** One pass. With `lastTry` a backend that doesn't answer puts the rules in error instead of asking for a repeat. */
export function passRules(parts: BackendScope, instanceId: string, lastTry: boolean): Promise<Pass> {
  return passIn(parts, instanceId, {
    begin: (tx) => begin(tx, parts, instanceId),
    work: (lease, work) => passInLane(parts, lease, work, lastTry),
  })
}

interface Work {
  readonly subject: ShareSubject
  readonly rules: readonly MappedRule[]
  readonly generation: number
  readonly readOnly: boolean
}

async function passInLane(
  parts: BackendScope,
  lease: LaneLease,
  work: Work,
  lastTry: boolean,
): Promise<Pass> {
  const answer = await outcomesOrRetry(
    (options) => apply(parts, lease, work, options),
    lastTry,
    (last) => everyRuleFailed(work.rules, last),
  )
  if ('end' in answer) return answer
  let outcomes = answer
  // Who is denied the share reads no snapshot of it either, from the moment that the denial has ended.
  const denied = work.rules.filter(({ state }) => state === 'denying')
  const late = denied.length === 0 ? null : await followNow(parts, lease, work.subject)
  if (late !== null && lastTry) outcomes = [...outcomes, ...everyRuleFailed(denied, late.error)]
  const again = late !== null && !lastTry
  const changed = await parts.store.transaction((tx) => end(tx, parts, { lease, work, outcomes, again }))
  if (again) return { end: 'retry', ...late }
  return changed ? { end: 'again', soon: true } : { end: 'done' }
}

/** Takes all that is queued; what a dead process left under way is under way again. */
async function begin(tx: Tx, parts: BackendScope, instanceId: string): Promise<Work | null> {
  const now = parts.clock.now()
  const before = await loadShare(tx, instanceId)
  if (before === undefined || before.instance.access_generation === before.instance.access_applied)
    return null
  const rules = await startQueuedRules(tx, instanceId, await rulesOfInstance(tx, instanceId), now)
  if (before.instance.access_rules_status === 'active' && rulesStatusOf(rules) === 'syncing') {
    const instance = { access_rules_status: 'syncing' }
    await changeInstance(tx, { instanceId, from: null, to: null, instance, now })
  }
  // Read with the generation: whoever makes a pool read-only raises that, so no change of it is missed.
  const readOnly = await servedReadOnly(tx, before.instance)
  return { subject: before, rules, generation: before.instance.access_generation, readOnly }
}

async function apply(
  parts: BackendScope,
  lease: LaneLease,
  work: Work,
  options: { readonly apart: boolean },
): Promise<readonly RuleOutcome[]> {
  const { backend } = parts
  const { subject, rules, readOnly } = work
  const { publisher } = backend
  const about = { protocol: subject.ref.protocol, readOnly, publisher: publisher ?? { accessTypes: [] } }
  const send: SendRules = async (toApply) =>
    publisher === null
      ? []
      : backend.call({ name: 'apply-rules', guarded: lease }, (call) =>
          publisher.applyRules(call, shareExport(subject), toApply),
        )
  return applyRules(rules, about, send, options).catch(async (error: unknown) => {
    const lost = isDriverError(error) && error.reason === 'not-found'
    // A share that was never published has no export to put rules on; one that was is published again.
    if (!lost || subject.instance.status !== 'available') throw error
    await republish(parts, lease, subject, [])
    return applyRules(rules, about, send, options)
  })
}

interface Ending {
  readonly lease: LaneLease
  readonly work: Work
  readonly outcomes: readonly RuleOutcome[]
  /** A snapshot that inherits the rules could not be told: denials have not ended. */
  readonly again: boolean
}

/** Records what became of each rule. True when rules were changed meanwhile, so that another pass is due. */
async function end(tx: Tx, parts: BackendScope, { lease, work, outcomes, again }: Ending): Promise<boolean> {
  const { instanceId } = lease
  // First, as everywhere (`db/store/share-turns.ts`): nobody queues another change from here on.
  const held = await holdShareOf(tx, instanceId)
  await lease.check(tx)
  const now = parts.clock.now()
  const byId = new Map(work.rules.map((rule) => [rule.id, rule]))
  const known = outcomes.filter(({ id }) => byId.has(id))
  const failed = new Map(known.flatMap((one) => (one.state === 'error' ? [[one.id, one] as const] : [])))
  const fine = known.filter(({ id }) => !failed.has(id))
  const idsOf = (some: readonly { readonly id: string }[]) => some.map(({ id }) => id)
  await settleRules(
    tx,
    instanceId,
    [...failed.keys()],
    ['applying', 'updating', 'denying', 'active'],
    'error',
  )
  await settleRules(tx, instanceId, idsOf(fine), ['applying', 'updating'], 'active')
  for (const { id, accessKey } of fine) if (accessKey !== null) await setAccessKey(tx, id, accessKey)
  const told = work.rules.filter(({ id }) => failed.has(id)).slice(0, messagesAtMost)
  for (const rule of told) await tellWhy(tx, parts, work.subject, rule, failed.get(rule.id)!, now)
  const denied = work.rules.filter((rule) => !again && rule.state === 'denying' && !failed.has(rule.id))
  await removeDenied(tx, instanceId, idsOf(denied))
  const left = await rulesOfInstance(tx, instanceId)
  await respell(tx, 'access_rules', respelled(left))
  await refreshRules(tx, idsOf(work.rules), now)
  const instance = {
    access_rules_status: rulesStatusOf(left),
    ...(again ? {} : { access_applied: work.generation }),
  }
  await changeInstance(tx, { instanceId, from: null, to: null, instance, now }, held)
  await touchInheriting(tx, work.subject)
  await recordEvent(tx, {
    projectId: work.subject.share.project_id,
    resourceType: 'share',
    resourceId: work.subject.share.id,
    event: 'access.applied',
    detail: { rules: work.rules.length - denied.length, failed: failed.size },
    now,
  })
  await lease.leave(tx)
  const after = held?.instances.find(({ id }) => id === instanceId)
  return after !== undefined && after.access_generation !== work.generation
}

/** Messages of one pass: whoever has thousands of bad rules reads of the first of them. */
const messagesAtMost = 20

const detailOf: Readonly<Record<string, string>> = {
  'client-forbidden': '020',
  'access-type-unsupported': '021',
  'access-level-unsupported': '021',
  unsupported: '021',
}

async function tellWhy(
  tx: Tx,
  parts: BackendScope,
  { share }: ShareSubject,
  rule: MappedRule,
  outcome: RuleOutcome,
  now: number,
): Promise<void> {
  const action: MessageAction = rule.state === 'denying' ? '003' : '010'
  await recordMessage(tx, {
    projectId: share.project_id,
    requestId: null,
    resourceType: 'SHARE',
    resourceId: share.id,
    actionId: action,
    // The details of rules say that nobody was let in.
    detailId: (rule.state === 'denying' ? undefined : detailOf[outcome.reason ?? '']) ?? '001',
    cause: { code: outcome.reason ?? 'backend-nothing-happened' },
    now,
    ttlS: parts.settings.shares.message_ttl_s,
  })
  parts.log.warn(
    { resource_id: share.id, backend: parts.backend.label, access_rule: rule.id },
    `an access rule could not be applied: ${outcome.why ?? 'no reason was given'}`,
  )
}
