/** Removes what has served its time, a bounded number of rows per run, so that no table grows for ever. */
import { purgeRevokedTokens } from '../db/store/credentials.ts'
import { purgeDashboardSessions } from '../db/store/dashboard-sessions.ts'
import type { Database } from '../db/schema.ts'
import type { Store } from '../db/open.ts'
import { instanceLane, instanceOfLane } from '../model/lanes.ts'
import type { DataParts } from './parts.ts'

/** Rows of one table per run; the job runs again until a run removes nothing. */
const batch = 500
/** Microseconds an idempotency key answers for: a day, as the API promises. */
const idempotencyUs = 86_400 * 1_000_000
/** Lanes and their fences outlive their instance by this, in microseconds: a process paused longer is taken for dead. */
const laneRestUs = 86_400 * 1_000_000

/** One bounded pass over every table; answers how many rows went. */
export async function purge(parts: Pick<DataParts, 'store' | 'clock' | 'settings'>): Promise<number> {
  const { store, settings } = parts
  const now = parts.clock.now()
  const kept = now - settings.shares.operation_retention_s * 1_000_000
  let rows = 0
  rows += await byId(store, 'messages', 'expires_at', now)
  rows += await byId(store, 'events', 'created_at', kept)
  rows += await operations(store, kept)
  rows += await tombstones(store, kept)
  rows += await idempotencyKeys(store, now - idempotencyUs)
  rows += await purgeRevokedTokens(store.db, now, batch)
  rows += await purgeDashboardSessions(store.db, now, batch)
  rows += await lanes(store, now - laneRestUs)
  return rows
}

type Dated = { [T in keyof Database]: Database[T] extends { id: string } ? T : never }[keyof Database]

async function byId(store: Store, table: Dated & ('messages' | 'events'), column: string, before: number) {
  const old = await store.db
    .selectFrom(table)
    .select('id')
    .where(column as 'created_at', '<', before)
    .limit(batch)
    .execute()
  if (old.length === 0) return 0
  await store.db
    .deleteFrom(table)
    .where(
      'id',
      'in',
      old.map(({ id }) => id),
    )
    .execute()
  return old.length
}

/** Families go together, once the one at their top is old enough: it ends last. */
async function operations(store: Store, before: number): Promise<number> {
  const old = await store.db
    .selectFrom('operations')
    .select('id')
    .where('finished_at', '<', before)
    .where('parent_id', 'is', null)
    .limit(batch)
    .execute()
  if (old.length === 0) return 0
  const tops = old.map(({ id }) => id)
  return store.transaction(async (tx) => {
    const members = await tx.selectFrom('operations').select('id').where('family_id', 'in', tops).execute()
    const ids = [...members.map(({ id }) => id), ...tops]
    for (let from = 0; from < ids.length; from += batch) {
      const some = ids.slice(from, from + batch)
      await tx.deleteFrom('operation_steps').where('operation_id', 'in', some).execute()
      await tx.deleteFrom('operation_lanes').where('operation_id', 'in', some).execute()
      await tx.deleteFrom('operations').where('id', 'in', some).execute()
    }
    return ids.length
  })
}

async function tombstones(store: Store, before: number): Promise<number> {
  const old = await store.db
    .selectFrom('tombstones')
    .select(['resource_type', 'id'])
    .where('deleted_at', '<', before)
    .limit(batch)
    .execute()
  if (old.length === 0) return 0
  const ids = old.map(({ id }) => id)
  await store.db.deleteFrom('tombstones').where('id', 'in', ids).where('deleted_at', '<', before).execute()
  return ids.length
}

async function idempotencyKeys(store: Store, before: number): Promise<number> {
  const old = await store.db
    .selectFrom('idempotency_keys')
    .select('created_at')
    .where('created_at', '<', before)
    .orderBy('created_at')
    .limit(batch)
    .execute()
  const last = old.at(-1)
  if (last === undefined) return 0
  // The key has six columns: the stamp bounds the batch instead.
  await store.db.deleteFrom('idempotency_keys').where('created_at', '<=', last.created_at).execute()
  return old.length
}

/**
 * Lanes of share instances that ended long ago. A lane holds the fence: it stays while the instance, an operation or an
 * orphan of it is there.
 */
async function lanes(store: Store, endedBefore: number): Promise<number> {
  const free = await store.db
    .selectFrom('lanes')
    .select('lane')
    .where('lane', 'like', 'instance:%')
    .where('holder', 'is', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('operation_lanes')
            .innerJoin('operations', 'operations.id', 'operation_lanes.operation_id')
            .select('operations.id')
            .whereRef('operation_lanes.lane', '=', 'lanes.lane')
            .where((inner) =>
              inner.or([
                inner('operations.finished_at', 'is', null),
                inner('operations.finished_at', '>=', endedBefore),
              ]),
            ),
        ),
      ),
    )
    .limit(batch)
    .execute()
  const ids = free.map(({ lane }) => instanceOfLane(lane)).filter((id) => id !== null)
  if (ids.length === 0) return 0
  const { db } = store
  const alive = await db.selectFrom('share_instances').select('id').where('id', 'in', ids).execute()
  const orphaned = await db
    .selectFrom('orphans')
    .select('resource_id')
    .where('resource_id', 'in', ids)
    .execute()
  const needed = new Set([...alive.map(({ id }) => id), ...orphaned.map((row) => row.resource_id)])
  const gone = ids.filter((id) => !needed.has(id))
  if (gone.length === 0) return 0
  const { numDeletedRows } = await db
    .deleteFrom('lanes')
    .where('lane', 'in', gone.map(instanceLane))
    .where('holder', 'is', null)
    .executeTakeFirst()
  return Number(numDeletedRows)
}
