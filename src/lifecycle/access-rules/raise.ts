/** What a change of rules does to the instance that they hold for, and to what its share shows. */
import type { ShareInstancesTable, Tx } from '../../db/schema.ts'
import { raiseAccessGeneration } from '../../db/store/share-instances.ts'
import { takeShare } from '../../db/store/share-turns.ts'
import { refreshShare } from '../shares/change.ts'

/** Says that the instance's rules are no longer what its backend has. */
export async function raiseAccess(
  tx: Tx,
  instance: Pick<ShareInstancesTable, 'id' | 'share_id'>,
  change: { readonly now: number; readonly requestId: string },
): Promise<void> {
  // Before the instance: whoever changes either takes them in this order.
  await takeShare(tx, instance.share_id)
  await raiseAccessGeneration(tx, instance.id, change.now)
  await refreshShare(tx, instance.share_id, change)
}
