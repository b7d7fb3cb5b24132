/** What a change of rules does to the instances that they hold for, and to what their share shows. */
import type { Tx } from '../../db/schema.ts'
import { raiseAccessGenerations, showsRaised, type ShareRow } from '../../db/store/share-instances.ts'
import { refresh, type HeldShare } from '../shares/change.ts'

/** Says that the rules of a share are no longer what its backends have. Answers the share as it is then. */
export async function raiseAccess(
  tx: Tx,
  { share, instances }: HeldShare,
  change: { readonly now: number; readonly requestId: string },
): Promise<ShareRow> {
  await raiseAccessGenerations(tx, share.id, change.now)
  const after = instances.map((row) => ({
    ...row,
    access_rules_status: showsRaised(row.access_rules_status),
    updated_at: change.now,
  }))
  return refresh(tx, share, { before: instances, after }, change)
}
