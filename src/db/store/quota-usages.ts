/** What is in use of each quota, as a running total for each account. What is booked, and when, is said in `src/lifecycle/quotas.ts`. */
import type { Posting } from '../../model/quota-lines.ts'
import type { Tx } from '../schema.ts'

/** One statement where the account has been used before. */
export async function bookPosting(
  tx: Tx,
  { projectId, scope, scopeId, resource, delta }: Posting,
): Promise<void> {
  const changed = await tx
    .updateTable('quota_usages')
    .set((eb) => ({ in_use: eb('in_use', '+', delta) }))
    .where('project_id', '=', projectId)
    .where('scope', '=', scope)
    .where('scope_id', '=', scopeId)
    .where('resource', '=', resource)
    .executeTakeFirst()
  if (changed.numUpdatedRows > 0n) return
  await tx
    .insertInto('quota_usages')
    .values({ project_id: projectId, scope, scope_id: scopeId, resource, in_use: delta })
    .execute()
}
