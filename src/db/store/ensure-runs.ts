/** How far checks of all shares of a backend are: what a check that was cut short needs to go on. */
import type { DbOrTx } from '../schema.ts'

export interface EnsureRunKey {
  /** Of the operation that asked for it; of the backend for the check after a start. */
  readonly id: string
  readonly backendId: string
  /** What it checks for; a run that was made for something else counts for nothing. */
  readonly madeFor: string
}

export interface EnsureRun {
  /** The last item looked at; null before the first. */
  readonly position: string | null
  /** Items that have to be looked at again. */
  readonly left: readonly string[]
  /** Found in order. */
  readonly checked: number
  /** Failed ones beyond those that `left` keeps. */
  readonly lost: number
}

export async function ensureRun(db: DbOrTx, key: EnsureRunKey): Promise<EnsureRun | null> {
  const row = await db
    .selectFrom('ensure_runs')
    .selectAll()
    .where('id', '=', key.id)
    .where('made_for', '=', key.madeFor)
    .executeTakeFirst()
  if (row === undefined) return null
  const { position, left_over, checked, lost } = row
  return { position, left: JSON.parse(left_over) as string[], checked: Number(checked), lost: Number(lost) }
}

export async function saveEnsureRun(
  db: DbOrTx,
  { id, backendId, madeFor }: EnsureRunKey,
  { position, left, checked, lost }: EnsureRun,
  now: number,
): Promise<void> {
  const columns = {
    made_for: madeFor,
    position,
    left_over: JSON.stringify(left),
    checked,
    lost,
    updated_at: now,
  }
  const known = await db.updateTable('ensure_runs').set(columns).where('id', '=', id).executeTakeFirst()
  if (known.numUpdatedRows > 0n) return
  await db
    .insertInto('ensure_runs')
    .values({ id, backend_id: backendId, ...columns })
    .execute()
}

export async function forgetEnsureRun(db: DbOrTx, id: string): Promise<void> {
  await db.deleteFrom('ensure_runs').where('id', '=', id).execute()
}
