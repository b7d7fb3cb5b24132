/** "Let this client in": a rule is desired state; the share manager makes it true and says how far it is. */
import { randomUUID } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { insertRule, rulesFor, type AccessRuleRow } from '../../db/store/access-rules.ts'
import { raiseAccess } from '../../lifecycle/access-rules/raise.ts'
import type { HeldShare } from '../../lifecycle/shares/change.ts'
import { recordEvent } from '../../db/store/records.ts'
import { reasonOfShareLock } from '../../db/store/resource-locks.ts'
import { instancesOf } from '../../db/store/share-instances.ts'
import type { ShareRow } from '../../db/store/shares.ts'
import { busTopic } from '../../engine/topics.ts'
import { twinOf } from '../../model/access-twins.ts'
import { accessLevels, checkTarget, weightOf } from '../../model/access.ts'
import { invalid } from '../../model/errors.ts'
import { shareGates } from '../../model/gates/shares.ts'
import { roomForMetadata, roomForRule } from '../limits.ts'
import { refuseAtOnce } from '../barriers.ts'
import { hiddenRules, seesRules, type ShownRule } from './find.ts'
import { putLock, refuseTooLate } from '../resource-locks/create.ts'
import { findShareToChange, refuseSoftDeleted } from '../shares/find.ts'

export interface AllowAccessInput {
  readonly type: string
  readonly to: string
  /** null: read and write. */
  readonly level: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly lockVisibility: boolean
  readonly lockDeletion: boolean
  readonly lockReason: string | null
}

/** Answers the new rule as its maker sees it. */
export async function allow(ctx: Ctx, shareId: string, input: AllowAccessInput): Promise<ShownRule> {
  const share = await findShareToChange(ctx, shareId, 'share:allow_access')
  refuseSoftDeleted(share)
  const level = levelOf(input.level ?? 'rw')
  const canonical = targetOf(ctx, input.type, input.to)
  if (input.lockReason !== null && !input.lockVisibility && !input.lockDeletion) {
    throw invalid('lock_reason needs lock_visibility or lock_deletion')
  }
  const instances = await instancesOf(ctx.tx, share.id)
  refuseAtOnce(shareGates.allowAccess({ share, instances, flags: ctx.flags }))
  const on = {
    table: 'shares',
    id: share.id,
    protocol: share.share_proto,
    backendIds: instances.map(({ backend_id }) => backend_id),
  } as const
  await roomForRule(ctx, on, weightOf(input.type, canonical))
  await roomForMetadata(ctx, share.project_id, { adding: Object.keys(input.metadata).length })
  // What the caller can't see must not be told by a refusal: a rule hidden from him is made a second time.
  const same = await rulesFor(ctx.tx, share.id, input.type, canonical)
  const hidden = await hiddenRules(ctx, share, same)
  if (same.some(({ id }) => !hidden.has(id))) {
    throw invalid(`access of ${input.type} ${input.to.slice(0, 64)} to share ${share.id} exists already`)
  }
  const rule: AccessRuleRow = {
    id: randomUUID(),
    share_id: share.id,
    access_type: input.type,
    access_to: input.to,
    canonical_to: twinOf(
      canonical,
      same.map(({ canonical_to }) => canonical_to),
    ),
    access_level: level,
    access_key: null,
    state: 'queued_to_apply',
    created_at: ctx.clock.now(),
    updated_at: null,
  }
  const ids = instances.map(({ id }) => id)
  // Of two who make it at once the database refuses one; the transaction is repeated and finds the other's.
  await insertRule(ctx.tx, rule, ids, input.metadata)
  await putLocks(ctx, share, rule, input)
  const raised = await tellBackends(ctx, { share, instances })
  await recordRule(ctx, share, 'access.allowed', rule)
  return {
    ...rule,
    metadata: input.metadata,
    hidden: await isHiddenNew(ctx, share, rule, input),
    rulesStatus: raised.access_rules_status,
  }
}

/** Nobody but its maker can have put a lock on it. */
async function isHiddenNew(
  ctx: Ctx,
  share: ShareRow,
  rule: AccessRuleRow,
  { lockVisibility }: AllowAccessInput,
): Promise<boolean> {
  if (!lockVisibility) return !seesRules(ctx, share)
  return (await hiddenRules(ctx, share, [rule])).has(rule.id)
}

/** No key and no name of a client: listeners outside bill, they don't admit. */
export function recordRule(
  ctx: Ctx,
  share: ShareRow,
  event: 'access.allowed' | 'access.denied' | 'access.updated',
  rule: Pick<AccessRuleRow, 'id' | 'access_type' | 'access_level'>,
): Promise<void> {
  return recordEvent(ctx.tx, {
    projectId: share.project_id,
    resourceType: 'share',
    resourceId: share.id,
    event,
    requestId: ctx.requestId,
    detail: { access_id: rule.id, access_type: rule.access_type, access_level: rule.access_level },
    now: ctx.clock.now(),
  })
}

export function levelOf(text: string): string {
  if (!(accessLevels as readonly string[]).includes(text)) {
    throw invalid(`access_level must be one of ${accessLevels.join(', ')}`)
  }
  return text
}

/** The canonical form of a rule's target; 400 says what it must be at this microversion. */
export function targetOf(ctx: Ctx, type: string, to: string): string {
  const checked = checkTarget(type, to, {
    ipv6: ctx.flags.has('ipv6Rules'),
    cephx: ctx.flags.has('cephxRules'),
  })
  if (checked.problem !== undefined) throw invalid(checked.problem)
  return checked.canonical
}

async function putLocks(
  ctx: Ctx,
  share: ShareRow,
  rule: AccessRuleRow,
  input: Pick<AllowAccessInput, 'lockVisibility' | 'lockDeletion' | 'lockReason'>,
): Promise<void> {
  const onRule = { resourceId: rule.id, resourceType: 'access_rule', reason: input.lockReason } as const
  if (input.lockVisibility) await putLock(ctx, { ...onRule, resourceAction: 'show' })
  if (!input.lockDeletion) return
  refuseTooLate(
    { resourceType: 'share', resourceAction: 'delete' },
    { projectId: share.project_id, state: share.status, softDeleted: share.is_soft_deleted === 1 },
  )
  const lock = await putLock(ctx, { ...onRule, resourceAction: 'delete' })
  await putLock(ctx, {
    resourceId: share.id,
    resourceType: 'share',
    resourceAction: 'delete',
    reason: reasonOfShareLock(lock.id),
  })
}

/** Raises the generation of the share's instances and wakes their share managers after the commit. Answers the share as it is then. */
export async function tellBackends(ctx: Ctx, held: HeldShare): Promise<ShareRow> {
  for (const { id, backend_id } of held.instances) {
    if (backend_id === null) continue
    ctx.afterCommit(() => ctx.bus.cast(busTopic('share', backend_id), 'access.changed', { instanceId: id }))
  }
  return raiseAccess(ctx.tx, held, { now: ctx.clock.now(), requestId: ctx.requestId })
}
