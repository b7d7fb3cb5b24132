/** Who is logged in to the dashboard. What is in `sealed`, and who may read it, is `auth/sessions.ts`. */
import type { Selectable } from 'kysely'
import type { DashboardSessionsTable, DbOrTx, Stamp } from '../schema.ts'

export type DashboardSessionRow = Selectable<DashboardSessionsTable>

export async function insertDashboardSession(db: DbOrTx, row: DashboardSessionRow): Promise<void> {
  await db.insertInto('dashboard_sessions').values(row).execute()
}

/** Null when there is none, or when it is over. */
export async function findDashboardSession(
  db: DbOrTx,
  idHash: string,
  now: Stamp,
): Promise<DashboardSessionRow | null> {
  const row = await db
    .selectFrom('dashboard_sessions')
    .selectAll()
    .where('id_hash', '=', idHash)
    .where('expires_at', '>', now)
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** False when somebody else changed or ended it since it was read. */
export async function changeDashboardSession(
  db: DbOrTx,
  { id_hash: idHash, turn }: DashboardSessionRow,
  set: Pick<DashboardSessionRow, 'sealed' | 'project_id' | 'expires_at'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('dashboard_sessions')
    .set({ ...set, turn: turn + 1 })
    .where('id_hash', '=', idHash)
    .where('turn', '=', turn)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Twice is once. */
export async function deleteDashboardSession(db: DbOrTx, idHash: string): Promise<void> {
  await db.deleteFrom('dashboard_sessions').where('id_hash', '=', idHash).execute()
}

/** At most `limit` of those that are over; answers how many. */
export async function purgeDashboardSessions(db: DbOrTx, now: Stamp, limit: number): Promise<number> {
  const old = await db
    .selectFrom('dashboard_sessions')
    .select('id_hash')
    .where('expires_at', '<=', now)
    .limit(limit)
    .execute()
  if (old.length === 0) return 0
  const hashes = old.map((row) => row.id_hash)
  await db.deleteFrom('dashboard_sessions').where('id_hash', 'in', hashes).execute()
  return old.length
}
