/**
 * Removing what has served its time. Each removes at most `limit` rows, the oldest or any, of before `before` (microseconds), and
 * answers how many.
 */
import { sql } from 'kysely'
import { groupLane, instanceLane } from '../../model/lanes.ts'
import type { Store } from '../open.ts'
import type { DbOrTx } from '../schema.ts'

const dated = { messages: 'expires_at', events: 'created_at' } as const

export async function purgeDated(
  db: DbOrTx,
  table: keyof typeof dated,
  before: number,
  limit: number,
): Promise<number> {
  const old = await db
    .selectFrom(table)
    .select('id')
    .where(dated[table] as 'created_at', '<', before)
    .limit(limit)
    .execute()
  if (old.length === 0) return 0
  const ids = old.map(({ id }) => id)
  await db.deleteFrom(table).where('id', 'in', ids).execute()
  return old.length
}

/**
 * Operations that ended before, with their steps. Families go together, once the one at their top is old enough: it ends last.
 * `limit` counts the tops.
 */
export async function purgeOperations(store: Store, before: number, limit: number): Promise<number> {
  const old = await store.db
    .selectFrom('operations')
    .select('id')
    .where('finished_at', '<', before)
    .where('parent_id', 'is', null)
    .limit(limit)
    .execute()
  if (old.length === 0) return 0
  const tops = old.map(({ id }) => id)
  return store.transaction(async (tx) => {
    const members = await tx.selectFrom('operations').select('id').where('family_id', 'in', tops).execute()
    const ids = [...members.map(({ id }) => id), ...tops]
    for (let from = 0; from < ids.length; from += limit) {
      const some = ids.slice(from, from + limit)
      await tx.deleteFrom('operation_steps').where('operation_id', 'in', some).execute()
      await tx.deleteFrom('operation_lanes').where('operation_id', 'in', some).execute()
      await tx.deleteFrom('operations').where('id', 'in', some).execute()
    }
    return ids.length
  })
}

export async function purgeTombstones(db: DbOrTx, before: number, limit: number): Promise<number> {
  const old = await db
    .selectFrom('tombstones')
    .select(['resource_type', 'id'])
    .where('deleted_at', '<', before)
    .limit(limit)
    .execute()
  if (old.length === 0) return 0
  const ids = old.map(({ id }) => id)
  await db.deleteFrom('tombstones').where('id', 'in', ids).where('deleted_at', '<', before).execute()
  return ids.length
}

export async function purgeIdempotencyKeys(db: DbOrTx, before: number, limit: number): Promise<number> {
  const old = await db
    .selectFrom('idempotency_keys')
    .select('created_at')
    .where('created_at', '<', before)
    .orderBy('created_at')
    .limit(limit)
    .execute()
  const last = old.at(-1)
  if (last === undefined) return 0
  // The key has six columns: the stamp bounds the batch instead.
  await db.deleteFrom('idempotency_keys').where('created_at', '<=', last.created_at).execute()
  return old.length
}

/**
 * Lanes of share instances and share groups that ended long ago. A lane holds the fence: it stays while the instance, the group, an
 * operation or an orphan of it is there. At most `limit` of each.
 */
export async function purgeLanes(db: DbOrTx, endedBefore: number, limit: number): Promise<number> {
  const gone = [
    ...(await lanesOfNothing(db, instanceLane(''), 'share_instances', { endedBefore, limit })),
    ...(await lanesOfNothing(db, groupLane(''), 'share_groups', { endedBefore, limit })),
  ]
  if (gone.length === 0) return 0
  const { numDeletedRows } = await db
    .deleteFrom('lanes')
    .where('lane', 'in', gone)
    .where('holder', 'is', null)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Lanes with this prefix that nobody holds and no operation since was in, of what is in neither `table` nor among the orphans. */
async function lanesOfNothing(
  db: DbOrTx,
  prefix: string,
  table: 'share_instances' | 'share_groups',
  { endedBefore, limit }: { readonly endedBefore: number; readonly limit: number },
): Promise<string[]> {
  // Whether it is there is asked in the same statement: a page of lanes of what lives would come again and again.
  const of = sql<string>`substr(lanes.lane, ${sql.lit(prefix.length + 1)})`
  const lanes = await db
    .selectFrom('lanes')
    .select('lane')
    .where('lane', 'like', `${prefix}%`)
    .where('holder', 'is', null)
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom(table).select('id').where('id', '=', of))))
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('orphans').select('id').where('resource_id', '=', of))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('operation_lanes')
            .innerJoin('operations', 'operations.id', 'operation_lanes.operation_id')
            .select('operations.id')
            .whereRef('operation_lanes.lane', '=', 'lanes.lane')
            .where(({ or, eb }) =>
              or([eb('operations.finished_at', 'is', null), eb('operations.finished_at', '>=', endedBefore)]),
            ),
        ),
      ),
    )
    .limit(limit)
    .execute()
  return lanes.map(({ lane }) => lane)
}
