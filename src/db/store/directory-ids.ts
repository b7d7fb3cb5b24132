/** What ids of users and groups in directory servers stand for. Rows are only added; what may be forgotten is decided nowhere yet. */
import type { Insertable, Selectable } from 'kysely'
import type { DbOrTx, DirectoryIdsTable, Flag, Stamp } from '../schema.ts'

export type DirectoryIdRow = Selectable<DirectoryIdsTable>

export async function findDirectoryId(db: DbOrTx, id: string): Promise<DirectoryIdRow | null> {
  const row = await db.selectFrom('directory_ids').selectAll().where('id', '=', id).executeTakeFirst()
  return row ?? null
}

/** At most a few hundred. */
export function listDirectoryIds(db: DbOrTx, ids: readonly string[]): Promise<DirectoryIdRow[]> {
  if (ids.length === 0) return Promise.resolve([])
  return db.selectFrom('directory_ids').selectAll().where('id', 'in', ids).execute()
}

/** Throws the database's duplicate error, and adds none, when one is there already. */
export async function insertDirectoryIds(
  db: DbOrTx,
  rows: readonly Insertable<DirectoryIdsTable>[],
): Promise<void> {
  if (rows.length > 0)
    await db
      .insertInto('directory_ids')
      .values([...rows])
      .execute()
}

/** Notes that the account was found disabled or gone (`shut`), or there again; a no-op when that is known. */
export async function markShut(db: DbOrTx, id: string, shut: Flag, validAfter: Stamp | null): Promise<void> {
  await db
    .updateTable('directory_ids')
    .set({ shut, ...(validAfter === null ? {} : { valid_after: validAfter }) })
    .where('id', '=', id)
    .where('shut', '!=', shut)
    .execute()
}

/** Every token of before ends. */
export async function endDirectoryTokens(db: DbOrTx, id: string, validAfter: Stamp): Promise<void> {
  await db.updateTable('directory_ids').set({ valid_after: validAfter }).where('id', '=', id).execute()
}
