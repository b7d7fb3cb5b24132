/** A rule's end, and its level. */
import type { Ctx } from '../context.ts'
import { queueDenial, queueLevel, removeRule, ruleById } from '../../db/store/access-rules.ts'
import { locksOn, removeLock } from '../../db/store/resource-locks.ts'
import { instancesOf } from '../../db/store/share-instances.ts'
import { fault } from '../../model/errors.ts'
import { ruleGates } from '../../model/gates/others.ts'
import { refuseAtOnce } from '../barriers.ts'
import { refuseUnlessOverruled } from '../resource-locks/rank.ts'
import { findShareToChange, refuseSoftDeleted } from '../shares/find.ts'
import { levelOf, recordRule, tellBackends } from './allow.ts'
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
  const instances = await instancesOf(ctx.tx, share.id)
  const locks = await locksOn(ctx.tx, [rule.id], 'delete')
  const facts = { rule, share, instances, known: false }
  refuseAtOnce(ruleGates.deny({ ...facts, locks: input.unrestrict ? 0 : locks.length }))
  for (const lock of locks) {
    refuseUnlessOverruled(ctx, lock, 'resource_lock:delete')
    await removeLock(ctx.tx, lock.id)
  }
  const known = await queueDenial(ctx.tx, rule.id, ctx.clock.now())
  if (!known) {
    await removeRule(ctx.tx, rule.id)
    return
  }
  refuseAtOnce(ruleGates.deny({ ...facts, locks: 0, known }))
  await tellBackends(ctx, { share, instances })
  await recordRule(ctx, share, 'access.denied', rule)
}

/** 2.88+. The same level again changes nothing. */
export async function updateLevel(ctx: Ctx, ruleId: string, level: string): Promise<void> {
  const { rule, share } = await findRuleToChange(ctx, ruleId, 'share_access_rule:update')
  refuseSoftDeleted(share)
  if (levelOf(level) === rule.access_level) return
  const instances = await instancesOf(ctx.tx, share.id)
  refuseAtOnce(ruleGates.update({ rule, share, instances }))
  await queueLevel(ctx.tx, rule.id, level, ctx.clock.now())
  await tellBackends(ctx, { share, instances })
  await recordRule(ctx, share, 'access.updated', { ...rule, access_level: level })
}
