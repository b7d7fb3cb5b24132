/** Lanes as rows. Who may work in one is the engine's (`src/engine/lanes.ts`). */
import type { DbOrTx } from '../schema.ts'

/** Which of these lanes there still are. */
export async function lanesStillThere(db: DbOrTx, lanes: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('lanes').select('lane').where('lane', 'in', lanes).execute()
  return rows.map(({ lane }) => lane)
}
