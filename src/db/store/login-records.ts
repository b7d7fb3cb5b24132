/** What is remembered of logins, good and bad; bounded, whoever tries how much. */
import type { Selectable } from 'kysely'
import type { DbOrTx, LoginRecordsTable, Stamp, Tx } from '../schema.ts'

export type LoginRecord = Selectable<LoginRecordsTable>

/** Those of the subjects that there are, in no order. */
export function findLoginRecords(db: DbOrTx, subjects: readonly string[]): Promise<LoginRecord[]> {
  return db.selectFrom('login_records').selectAll().where('subject', 'in', subjects).execute()
}

/**
 * The same, locked until the transaction ends, and read by the statement that locks: what another makes between two would be
 * believed without being held. Those that are not there can't be locked: of two who make one, the second meets the database's
 * duplicate error and finds it when it tries again. In one order, so that two never hold what the other waits for.
 */
export function lockLoginRecords(tx: Tx, subjects: readonly string[]): Promise<LoginRecord[]> {
  return tx
    .selectFrom('login_records')
    .selectAll()
    .where('subject', 'in', subjects)
    .orderBy('subject')
    .forUpdate()
    .execute()
}

/** `isNew`: there was none when it was looked for. */
export async function writeLoginRecord(tx: Tx, record: LoginRecord, isNew: boolean): Promise<void> {
  if (isNew) await tx.insertInto('login_records').values(record).execute()
  else await tx.updateTable('login_records').set(record).where('subject', '=', record.subject).execute()
}

/**
 * Forgets what is older than it may be, and of the rest all but the `keep` used last: of failures and of good logins
 * apart, so that no flood of failures makes a known address a stranger's.
 */
export async function purgeLoginRecords(
  db: DbOrTx,
  limits: { readonly failedBefore: Stamp; readonly goodBefore: Stamp; readonly most: number },
): Promise<void> {
  for (const [kind, before] of [
    ['=', limits.failedBefore],
    ['>', limits.goodBefore],
  ] as const) {
    const first = await db
      .selectFrom('login_records')
      .select('touched_at')
      .where('ok_at', kind, 0)
      .orderBy('touched_at', 'desc')
      .limit(1)
      .offset(limits.most)
      .executeTakeFirst()
    await db
      .deleteFrom('login_records')
      .where('ok_at', kind, 0)
      .where('touched_at', '<=', Math.max(before, first?.touched_at ?? 0))
      .execute()
  }
}
