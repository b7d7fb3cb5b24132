/** What people call a backend. */
import type { DbOrTx } from '../schema.ts'

/** `host@backend`; undefined when there is no such backend. */
export async function backendLabelOf(db: DbOrTx, id: string): Promise<string | undefined> {
  const row = await db.selectFrom('backends').select('label').where('id', '=', id).executeTakeFirst()
  return row?.label
}
