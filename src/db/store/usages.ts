/** The newest measurement of each share instance and snapshot instance. */
import type { DbOrTx, Tx, UsagesTable } from '../schema.ts'

export type UsageRow = UsagesTable

/** Rows written by one statement: eight columns each, well under every database's limit of parameters. */
const batch = 200

/** Replaces what was known of these ids. Measurements of things deleted meanwhile are the caller's to leave out. */
export async function writeUsages(tx: Tx, rows: readonly UsageRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += batch) {
    const some = rows.slice(start, start + batch)
    await tx
      .deleteFrom('usages')
      .where(
        'id',
        'in',
        some.map(({ id }) => id),
      )
      .execute()
    await tx
      .insertInto('usages')
      .values([...some])
      .execute()
  }
}

export async function usageOf(db: DbOrTx, id: string): Promise<UsageRow | undefined> {
  return db.selectFrom('usages').selectAll().where('id', '=', id).executeTakeFirst()
}
