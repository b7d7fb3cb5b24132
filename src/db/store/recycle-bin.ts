/** Which shares in the recycle bin have served their time. Reads only. */
import { shareAllows } from '../../model/states.ts'
import type { DbOrTx, SharesTable } from '../schema.ts'

/**
 * Shares whose time is over and whose deletion may begin, the longest overdue first: those that nothing was tried on, and those
 * whose deletion failed before `failedBefore`. Microseconds.
 */
export function expiredShares(
  db: DbOrTx,
  when: { readonly now: number; readonly failedBefore: number; readonly limit: number },
): Promise<Pick<SharesTable, 'id' | 'project_id' | 'user_id'>[]> {
  return db
    .selectFrom('shares')
    .select(['id', 'project_id', 'user_id'])
    .where('is_soft_deleted', '=', 1)
    .where('scheduled_to_be_deleted_at', '<=', when.now)
    .where((eb) =>
      eb.or([
        eb('status', 'in', shareAllows.delete.states),
        eb.and([eb('status', '=', 'error_deleting'), eb('updated_at', '<', when.failedBefore)]),
      ]),
    )
    .orderBy('scheduled_to_be_deleted_at')
    .limit(when.limit)
    .execute()
}
