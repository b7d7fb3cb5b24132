/** Scheduler hints that name other shares, kept in the metadata of each. */
import type { Tx } from '../schema.ts'
import { takeShares } from './share-turns.ts'

/** Other shares no longer name the deleted one in their affinity hints. */
export async function forgetAffinity(tx: Tx, shareId: string): Promise<void> {
  const keys = ['__affinity_same_host', '__affinity_different_host']
  const naming = tx
    .selectFrom('share_metadata')
    .selectAll()
    .where('meta_key', 'in', keys)
    .where('meta_value', 'like', `%${shareId}%`)
  const ids = (await naming.execute()).map((row) => row.share_id)
  if (ids.length === 0) return
  // Read again in their turns: a share that is made meanwhile may write itself into the same item.
  await takeShares(tx, ids)
  const rows = await naming.execute()
  for (const row of rows) {
    const left = row.meta_value.split(',').filter((id) => id !== shareId)
    const here = tx
      .deleteFrom('share_metadata')
      .where('share_id', '=', row.share_id)
      .where('meta_key', '=', row.meta_key)
    await here.execute()
    if (left.length > 0)
      await tx
        .insertInto('share_metadata')
        .values({ ...row, meta_value: left.join(',') })
        .execute()
  }
}
