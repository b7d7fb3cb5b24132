/** A rule's end, and its level. */
import type { Ctx } from '../context.ts'
import { queueDenial, queueLevel, removeRule, ruleById } from '../../db/store/access-rules.ts'
import { locksOn, removeLock } from '../../db/store/resource-locks.ts'
import { instancesOf } from '../../db/store/share-instances.ts'
import { fault, invalid } from '../../model/errors.ts'
import { refuseUnlessOverruled } from '../resource-locks/rank.ts'
import { findShareToChange, refuseSoftDeleted } from '../shares/find.ts'
import { levelOf, recordRule, refuseUnfit, tellBackends } from './allow.ts'
import { findRuleToChange } from './find.ts'

export interface DenyAccessInput {
  readonly ruleId: string
  /** Take locks against deletion away first, if they are the caller's to take. */
  readonly unrestrict: boolean
}

export async function deny(ctx: Ctx, shareId: string, input: DenyAccessInput): Promise<void> {
  const share = await findShareToChange(ctx, shareId, 'share:deny_access')
  refuseSoftDeleted(share)
  const rule = await ruleById(ctx.tx, input.ruleId.slice(0, 64))
  if (rule === undefined || rule.share_id !== share.id) {
    throw fault('AccessRuleNotFound', { id: input.ruleId.slice(0, 64) })
  }
  await unlock(ctx, rule.id, input.unrestrict)
  const instances = await instancesOf(ctx.tx, share.id)
  const known = await queueDenial(ctx.tx, rule.id, ctx.clock.now())
  if (!known) {
    await removeRule(ctx.tx, rule.id)
    return
  }
  refuseUnfit(share, instances, true)
  await tellBackends(ctx, instances)
  await recordRule(ctx, share, 'access.denied', rule)
}

async function unlock(ctx: Ctx, ruleId: string, unrestrict: boolean): Promise<void> {
  const locks = await locksOn(ctx.tx, [ruleId], 'delete')
  if (locks.length > 0 && !unrestrict) {
    throw fault('Refused', {
      message: `Access rule ${ruleId} is locked against deletion: use unrestrict or remove the resource lock first.`,
    })
  }
  for (const lock of locks) {
    refuseUnlessOverruled(ctx, lock, 'resource_lock:delete')
    await removeLock(ctx.tx, lock.id)
  }
}

/** 2.88+. The same level again changes nothing. */
export async function updateLevel(ctx: Ctx, ruleId: string, level: string): Promise<void> {
  const { rule, share } = await findRuleToChange(ctx, ruleId, 'share_access_rule:update')
  refuseSoftDeleted(share)
  if (levelOf(level) === rule.access_level) return
  if (rule.state === 'queued_to_deny' || rule.state === 'denying') {
    throw invalid(`access rule ${rule.id} is ${rule.state}: its access_level can't be changed any more`)
  }
  const instances = await instancesOf(ctx.tx, share.id)
  refuseUnfit(share, instances, true)
  await queueLevel(ctx.tx, rule.id, level, ctx.clock.now())
  await tellBackends(ctx, instances)
  await recordRule(ctx, share, 'access.updated', { ...rule, access_level: level })
}
