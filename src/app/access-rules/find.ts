/** Looks access rules up for a caller, with what hangs on them and what must be hidden of them. */
import { type Ctx, scopeOf } from '../context.ts'
import {
  ruleById,
  ruleForView,
  rulesOfShare,
  type AccessRuleRow,
  type RuleFilters,
} from '../../db/store/access-rules.ts'
import type { Page } from '../../db/store/keyset.ts'
import { metadataOf } from '../../db/store/metadata.ts'
import { locksOn } from '../../db/store/resource-locks.ts'
import { takeVisibleShareOfRule } from '../../db/store/share-turns.ts'
import type { ShareRow } from '../../db/store/shares.ts'
import { fault } from '../../model/errors.ts'
import { mayOverrule } from '../resource-locks/rank.ts'

export interface ShownRule extends AccessRuleRow {
  readonly metadata: Readonly<Record<string, string>>
  /** Whom it lets in, and with which key, is not for this caller. */
  readonly hidden: boolean
  /** What clients before 2.28 are shown instead of the rule's own state. */
  readonly rulesStatus: string
}

/**
 * The rule of a share that the caller may change: 404 when he does not see it, 403 for another project's public share. Both are this
 * request's until the end.
 */
export async function findRuleToChange(
  ctx: Ctx,
  id: string,
  policy: string,
): Promise<{ rule: AccessRuleRow; share: ShareRow }> {
  const share = await takeVisibleShareOfRule(ctx.tx, scopeOf(ctx), id.slice(0, 64))
  const rule = share && (await ruleById(ctx.db, id.slice(0, 64)))
  if (rule === undefined || share === undefined) throw fault('AccessRuleNotFound', { id: id.slice(0, 64) })
  const { project_id, user_id } = share
  ctx.policy.authorize(policy, ctx.identity, { project_id, user_id })
  return { rule, share }
}

/** The rule, or 404 when it, or its share, is not the caller's to see. */
export async function showRule(ctx: Ctx, id: string): Promise<ShownRule> {
  const found = await ruleForView(ctx.db, scopeOf(ctx), id.slice(0, 64))
  if (found === undefined) throw fault('AccessRuleNotFound', { id: id.slice(0, 64) })
  const { rule, share, metadata, lockedAway } = found
  const hidden = lockedAway ? (await hiddenRules(ctx, share, [rule])).has(rule.id) : !seesRules(ctx, share)
  return { ...rule, metadata, hidden, rulesStatus: share.access_rules_status }
}

export type ReadRules = (page: Page) => Promise<ShownRule[]>

/** Reads rules of a share the caller can see. A filter by what a rule hides must not find it out: see {@link isPrying}. */
export function rulesReader(ctx: Ctx, share: ShareRow, filters: RuleFilters = {}): ReadRules {
  return async (page) => complete(ctx, share, await rulesOfShare(ctx.db, share.id, filters, page))
}

/** Whether a list with these filters must leave hidden rules out. */
export const isPrying = (filters: RuleFilters): boolean =>
  filters.canonicalTo !== undefined || filters.key !== undefined

async function complete(ctx: Ctx, share: ShareRow, rules: readonly AccessRuleRow[]): Promise<ShownRule[]> {
  const ids = rules.map(({ id }) => id)
  const metadata = await metadataOf(ctx.db, 'access_rule_metadata', ids)
  const hidden = await hiddenRules(ctx, share, rules)
  return rules.map((rule) => ({
    ...rule,
    metadata: metadata.get(rule.id) ?? {},
    hidden: hidden.has(rule.id),
    rulesStatus: share.access_rules_status,
  }))
}

/**
 * Hidden are rules under somebody's visibility lock, and all rules of another project's public share: a public share is
 * for everybody to use, its clients' addresses and keys are not.
 */
export async function hiddenRules(
  ctx: Ctx,
  share: OwnedShare,
  rules: readonly { readonly id: string }[],
): Promise<ReadonlySet<string>> {
  const ids = rules.map(({ id }) => id)
  if (!seesRules(ctx, share)) return new Set(ids)
  const locks = await locksOn(ctx.db, ids, 'show')
  return new Set(
    locks
      .filter((lock) => !mayOverrule(ctx, lock, 'resource_lock:bypass_locked_show_action'))
      .map((lock) => lock.resource_id),
  )
}

type OwnedShare = Pick<ShareRow, 'project_id' | 'user_id'>

/** False for what nobody but its project is to know of a public share. */
export const seesRules = (ctx: Ctx, { project_id, user_id }: OwnedShare): boolean =>
  ctx.policy.check('share:access_get', ctx.identity, { project_id, user_id })
