/**
 * Settling quota. `settle` is the only way usage changes, always in the transaction of the transition that causes it; the lines
 * come from `model/charges.ts`, so a recount can't disagree with the running totals.
 */
import { fault } from '../../model/errors.ts'
import { sql } from 'kysely'
import {
  accountKey,
  postingsOf,
  type Account,
  type Payer,
  type Posting,
  type QuotaLine,
} from '../../model/quota-lines.ts'
import type { DbOrTx, QuotaUsagesTable, Tx } from '../schema.ts'
import {
  accountKeyOf,
  excessOf,
  inUseOf,
  largerThanAllowed,
  limitsFor,
  limitsOf,
  type ConfiguredLimits,
} from './quota-room.ts'

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
  await book(tx, postings, rows)
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

const columnsOf = ({ projectId, scope, scopeId, resource }: Account) => ({
  project_id: projectId,
  scope,
  scope_id: scopeId,
  resource,
})

/** Those that ever were charged, held until the commit. Everybody takes them in the same order, so that nobody waits for ever. */
const lockAccounts = (tx: Tx, accounts: readonly Account[]): Promise<QuotaUsagesTable[]> =>
  tx
    .selectFrom('quota_usages')
    .selectAll()
    .where((eb) => eb.or(accounts.map((account) => eb.and(columnsOf(account)))))
    .orderBy('project_id')
    .orderBy('scope')
    .orderBy('scope_id')
    .orderBy('resource')
    .forUpdate()
    .execute()

async function book(tx: Tx, postings: readonly Posting[], rows: readonly QuotaUsagesTable[]): Promise<void> {
  const charged = new Set(rows.map(accountKeyOf))
  const [old, fresh] = [true, false].map((was) =>
    postings.filter((posting) => charged.has(accountKey(posting)) === was),
  ) as [Posting[], Posting[]]
  if (old.length > 0) {
    await tx
      .updateTable('quota_usages')
      .set((eb) => ({
        in_use: eb(
          'in_use',
          '+',
          sql<number>`case ${sql.join(
            old.map((posting) => sql`when ${eb.and(columnsOf(posting))} then ${sql.lit(posting.delta)}`),
            sql` `,
          )} else 0 end`,
        ),
      }))
      .where((eb) => eb.or(old.map((posting) => eb.and(columnsOf(posting)))))
      .execute()
  }
  // Of two who are the first at once one finds the other's, and its transaction is repeated.
  if (fresh.length > 0) {
    const inserted = fresh.map((posting) => ({ ...columnsOf(posting), in_use: posting.delta }))
    await tx.insertInto('quota_usages').values(inserted).execute()
  }
}
