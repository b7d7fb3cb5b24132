/** Accounts of what is in use, as rows. Who changes them is `settle` (`src/lifecycle/quotas.ts`). */
import { sql } from 'kysely'
import { accountKey, type Account, type Posting } from '../../model/quota-lines.ts'
import { ofShape, under } from '../shapes.ts'
import type { QuotaUsagesTable, Tx } from '../schema.ts'
import { accountKeyOf } from './quota-room.ts'

const columnsOf = ({ projectId, scope, scopeId, resource }: Account) => ({
  project_id: projectId,
  scope,
  scope_id: scopeId,
  resource,
})

const accountColumns = ['project_id', 'scope', 'scope_id', 'resource'] as const

/** Those that ever were charged, held until the commit. Everybody takes them in the same order, so that nobody waits for ever. */
export async function lockAccounts(tx: Tx, accounts: readonly Account[]): Promise<QuotaUsagesTable[]> {
  const values = accounts.flatMap((account) => Object.values(columnsOf(account)))
  const { rows } = await ofShape(tx, `lock ${accounts.length} accounts`, values, (...all) =>
    tx
      .selectFrom('quota_usages')
      .selectAll()
      .where((eb) => eb.or(accounts.map((_, at) => eb.and(under(accountColumns, all.slice(4 * at))))))
      .orderBy('project_id')
      .orderBy('scope')
      .orderBy('scope_id')
      .orderBy('resource')
      .forUpdate(),
  )
  return rows
}

/** Adds what the postings say; `rows` is what {@link lockAccounts} answered for them. */
export async function bookPostings(
  tx: Tx,
  postings: readonly Posting[],
  rows: readonly QuotaUsagesTable[],
): Promise<void> {
  const charged = new Set(rows.map(accountKeyOf))
  const [old, fresh] = [true, false].map((was) =>
    postings.filter((posting) => charged.has(accountKey(posting)) === was),
  ) as [Posting[], Posting[]]
  if (old.length > 0) {
    const values = old.flatMap((posting) => [...Object.values(columnsOf(posting)), posting.delta])
    await ofShape(tx, `book ${old.length} postings`, values, (...all) => {
      const those = old.map((_, at) => all.slice(5 * at, 5 * at + 5))
      return tx
        .updateTable('quota_usages')
        .set((eb) => {
          const cases = those.map(
            (one) => sql`when ${eb.and(under(accountColumns, one))} then in_use + ${one[4]}`,
          )
          return { in_use: sql<number>`case ${sql.join(cases, sql` `)} else in_use end` }
        })
        .where((eb) => eb.or(those.map((one) => eb.and(under(accountColumns, one)))))
    })
  }
  // Of two who are the first at once one finds the other's, and its transaction is repeated.
  if (fresh.length > 0) {
    const inserted = fresh.map((posting) => ({ ...columnsOf(posting), in_use: posting.delta }))
    await tx.insertInto('quota_usages').values(inserted).execute()
  }
}
