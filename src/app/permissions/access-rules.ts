/** What may be done with access rules of shares, and with locks. */
import {
  instancesOfShares,
  locksInScope,
  mappedRules,
  rulesById,
  visibleSharesOf,
} from '../../db/store/permission-facts.ts'
import { locksOn } from '../../db/store/resource-locks.ts'
import { lockOfOther, ruleGates } from '../../model/gates/others.ts'
import { tooLateForLock } from '../../model/gates/shares.ts'
import { scopeOf, type Ctx } from '../context.ts'
import { lockScope } from '../resource-locks/find.ts'
import { mayOverrule } from '../resource-locks/rank.ts'
import { judge, own, type Judged } from './verdict.ts'

export const ruleActions = {
  update: own('updateAccessRule', 'share_access_rule:update'),
  deny: own('denyAccess', 'share:deny_access'),
  update_metadata: own('updateAccessMetadata', 'share_access_metadata:update'),
  delete_metadata: own('deleteAccessMetadata', 'share_access_metadata:delete'),
  lock: own('createResourceLock', 'resource_lock:create'),
} as const

export async function judgeRules(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const rules = await rulesById(ctx.db, ids)
  if (rules.length === 0) return []
  const shareIds = [...new Set(rules.map((row) => row.share_id))]
  const shares = new Map((await visibleSharesOf(ctx.db, scopeOf(ctx), shareIds)).map((row) => [row.id, row]))
  const instances = Map.groupBy(await instancesOfShares(ctx.db, shareIds), (row) => row.share_id)
  const seen = rules.map(({ id }) => id)
  const locks = Map.groupBy(await locksOn(ctx.db, seen, 'delete'), (row) => row.resource_id)
  const known = await mappedRules(ctx.db, seen)
  return rules.flatMap((rule) => {
    const share = shares.get(rule.share_id)
    if (share === undefined) return []
    const target = { project_id: share.project_id, user_id: share.user_id }
    const facts = { rule, share, instances: instances.get(share.id) ?? [] }
    const held = { locks: locks.get(rule.id)?.length ?? 0, known: known.has(rule.id) }
    return {
      id: rule.id,
      verdicts: judge(ctx, ruleActions, {
        update: { target, barrier: ruleGates.update(facts) },
        deny: { target, barrier: ruleGates.deny({ ...facts, ...held }) },
        update_metadata: { target },
        delete_metadata: { target },
        lock: {
          target: { project_id: share.project_id },
          barrier: tooLateForLock({
            type: 'access_rule',
            action: 'delete',
            state: rule.state,
            softDeleted: false,
          }),
        },
      }),
    }
  })
}

export const lockActions = {
  update: own('updateResourceLock', 'resource_lock:update'),
  delete: own('deleteResourceLock', 'resource_lock:delete'),
} as const

export async function judgeLocks(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const rows = await locksInScope(ctx.db, lockScope(ctx), ids)
  return rows.map((lock) => ({
    id: lock.id,
    verdicts: judge(ctx, lockActions, {
      update: { barrier: lockOfOther(lock, mayOverrule(ctx, lock, lockActions.update.rule)) },
      delete: { barrier: lockOfOther(lock, mayOverrule(ctx, lock, lockActions.delete.rule)) },
    }),
  }))
}
