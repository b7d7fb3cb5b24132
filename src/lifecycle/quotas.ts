/**
 * Settling quota. `settle` is the only way usage changes, always in the transaction of the transition that causes it; the lines
 * come from `model/charges.ts`, so a recount can't disagree with the running totals.
 */
import type { DbOrTx, Tx } from '../db/schema.ts'
import {
  excessOf,
  inUseOf,
  largerThanAllowed,
  limitsFor,
  limitsOf,
  type ConfiguredLimits,
} from '../db/store/quota-room.ts'
import { bookPostings, lockAccounts } from '../db/store/quota-usages.ts'
import { fault } from '../model/errors.ts'
import { postingsOf, type Payer, type Posting, type QuotaLine } from '../model/quota-lines.ts'

/** A transition's lines: what its rows cost before and after it. */
export interface Settlement {
  readonly before: readonly QuotaLine[]
  readonly after: readonly QuotaLine[]
}

/**
 * Books `after − before` on every account that it concerns: one statement that reads and locks them, one that writes. With
 * `enforce` a growth beyond a limit throws `OverQuota` (and the caller's transaction rolls back); transitions that only settle what
 * was accepted earlier pass null.
 */
export async function settle(
  tx: Tx,
  { before, after }: Settlement,
  enforce: ConfiguredLimits | null,
): Promise<void> {
  const postings = postingsOf(before, after)
  if (postings.length === 0) return
  const rows = await lockAccounts(tx, postings)
  if (enforce !== null && postings.some(({ delta }) => delta > 0)) {
    const limits = await limitsFor(tx, concernedBy(postings), enforce)
    const excess = excessOf(limits, inUseOf(rows), postings)
    if (excess !== null) throw fault('OverQuota', { ...excess })
  }
  await bookPostings(tx, postings, rows)
}

/** Throws `OverQuota` as {@link settle} would; nothing is charged. For what is paid when it is there. */
export async function refuseUnaffordable(
  tx: Tx,
  lines: readonly QuotaLine[],
  enforce: ConfiguredLimits,
): Promise<void> {
  await settle(tx, { before: [], after: lines }, enforce)
  await settle(tx, { before: lines, after: [] }, null)
}

/** `per_share_gigabytes` is a ceiling, not a count. Throws `OverQuota` for a share above it. */
export async function refuseLarger(
  db: DbOrTx,
  payer: Payer,
  sizeGib: number,
  configured: ConfiguredLimits,
): Promise<void> {
  const excess = largerThanAllowed(await limitsOf(db, payer, configured), sizeGib)
  if (excess !== null) throw fault('OverQuota', { ...excess })
}

const concernedBy = (postings: readonly Posting[]) => ({
  projects: [...new Set(postings.map(({ projectId }) => projectId))],
  ids: [...new Set(['', ...postings.map(({ scopeId }) => scopeId)])],
})
