/** Lanes as rows. Who works in one is in its lease (`leases.ts`). */
import type { DbOrTx } from '../schema.ts'

/** Which of these lanes there still are. */
export async function lanesStillThere(db: DbOrTx, lanes: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('lanes').select('lane').where('lane', 'in', lanes).execute()
  return rows.map(({ lane }) => lane)
}
