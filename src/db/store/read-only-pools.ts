/**
 * Pools that serve their exports read-only for a while, whatever the rules say: kept in the database, so that every process of
 * the backend gives its exporter the same, also after a restart. No rule is changed.
 */
import type { Store } from '../open.ts'
import type { DbOrTx } from '../schema.ts'

export interface ReadOnlyPool {
  readonly name: string
  /** A sentence for operators. */
  readonly reason: string
}

export async function readOnlyPools(db: DbOrTx, backendId: string): Promise<ReadOnlyPool[]> {
  const rows = await db
    .selectFrom('pools')
    .select(['name', 'read_only_reason'])
    .where('backend_id', '=', backendId)
    .where('read_only_reason', 'is not', null)
    .orderBy('name')
    .execute()
  return rows.map(({ name, read_only_reason }) => ({ name, reason: read_only_reason ?? '' }))
}

/**
 * Says that a pool is read-only, or null that it is not any more, and has the rules of all its instances looked at again. Answers
 * false when that was known, or when there is no such pool.
 */
export async function setPoolReadOnly(
  store: Store,
  backendId: string,
  name: string,
  reason: string | null,
): Promise<boolean> {
  return store.transaction(async (tx) => {
    const changed = await tx
      .updateTable('pools')
      .set({ read_only_reason: reason?.slice(0, 4000) ?? null })
      .where('backend_id', '=', backendId)
      .where('name', '=', name)
      .where('read_only_reason', reason === null ? 'is not' : 'is', null)
      .executeTakeFirst()
    if (changed.numUpdatedRows === 0n) return false
    const ofPool = tx
      .selectFrom('pools')
      .select('id')
      .where('backend_id', '=', backendId)
      .where('name', '=', name)
    await tx
      .updateTable('share_instances')
      .set((eb) => ({ access_generation: eb('access_generation', '+', 1) }))
      .where('pool_id', 'in', ofPool)
      .execute()
    return true
  })
}

/** Whether every rule of an instance lets its clients read and no more: a replica's, or while its pool is read-only. */
export async function servedReadOnly(
  db: DbOrTx,
  instance: { readonly cast_rules_to_readonly: number; readonly pool_id: string | null },
): Promise<boolean> {
  if (instance.cast_rules_to_readonly === 1) return true
  if (instance.pool_id === null) return false
  const pool = await db
    .selectFrom('pools')
    .select('read_only_reason')
    .where('id', '=', instance.pool_id)
    .executeTakeFirst()
  return (pool?.read_only_reason ?? null) !== null
}
