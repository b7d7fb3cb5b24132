/** Quota classes. The class `default` overrides the configured limits of every project that has none of its own. */
import { isAdmin, type Ctx } from '../context.ts'
import { classLimits, setClassLimits } from '../../db/store/quota-limits.ts'
import { fault, invalid } from '../../model/errors.ts'
import type { QuotaResource } from '../../model/quota.ts'
import { knownAt } from './sets.ts'

/** Length of the column. */
const longestName = 255

/** Administrators only, whatever the policy says: the original also compares with the token's class, which none has. */
export function showClass(ctx: Ctx, name: string): Promise<Record<QuotaResource, number>> {
  if (!isAdmin(ctx)) throw fault('Forbidden', { rule: 'quota_class_set:show' })
  return classLimits(ctx.db, name, ctx.settings.quota)
}

/** What the microversion does not know is ignored. */
export async function setClass(
  ctx: Ctx,
  name: string,
  limits: Partial<Readonly<Record<QuotaResource, number>>>,
): Promise<Record<QuotaResource, number>> {
  if (name.length > longestName) throw invalid(`the class name must have at most ${longestName} characters`)
  await setClassLimits(ctx.tx, name, knownAt(ctx, limits))
  return classLimits(ctx.tx, name, ctx.settings.quota)
}
