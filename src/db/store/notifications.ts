/**
 * Which events listeners outside were told about. Transactions commit in another order than their stamps say, so a cursor
 * alone would pass over late ones: what is newer than the cursor is remembered one by one.
 */
import type { Store } from '../open.ts'
import type { DbOrTx, EventsTable, OperationsTable, SharesTable, SnapshotsTable } from '../schema.ts'

export type EventRow = EventsTable

const cursor = 'events'

/**
 * The stamp before which every event was sent. The first call ever makes it `start`. Two processes may collide there: the
 * second one throws and asks again.
 */
export async function sentBefore(store: Store, start: number): Promise<number> {
  const { db } = store
  const found = await db
    .selectFrom('notification_cursors')
    .select('position')
    .where('name', '=', cursor)
    .executeTakeFirst()
  if (found !== undefined) return found.position
  await db.insertInto('notification_cursors').values({ name: cursor, position: start }).execute()
  return start
}

/** Events from `position` on that were not sent yet, oldest first. */
export async function unsentEvents(db: DbOrTx, position: number, limit: number): Promise<EventRow[]> {
  return db
    .selectFrom('events')
    .leftJoin('notifications_sent', 'notifications_sent.event_id', 'events.id')
    .selectAll('events')
    .where('events.created_at', '>=', position)
    .where('notifications_sent.event_id', 'is', null)
    .orderBy('events.created_at')
    .orderBy('events.id')
    .limit(limit)
    .execute()
}

/** Safe when another process has marked some of them already. */
export async function markSent(
  store: Store,
  events: readonly Pick<EventRow, 'id' | 'created_at'>[],
): Promise<void> {
  if (events.length === 0) return
  const rows = events.map(({ id, created_at }) => ({ event_id: id, event_at: created_at }))
  try {
    await store.db.insertInto('notifications_sent').values(rows).execute()
  } catch (error) {
    if (!store.dialect.isDuplicate(error)) throw error
    if (rows.length === 1) return
    for (const event of events) await markSent(store, [event])
  }
}

/** Says that everything before `position` was sent; never goes back. */
export async function advance(store: Store, position: number): Promise<void> {
  await store.db
    .updateTable('notification_cursors')
    .set({ position })
    .where('name', '=', cursor)
    .where('position', '<', position)
    .execute()
  await store.db.deleteFrom('notifications_sent').where('event_at', '<', position).execute()
}

export interface Subjects {
  /** As they are now, or were when they were deleted. */
  readonly shares: ReadonlyMap<string, SharesTable>
  readonly snapshots: ReadonlyMap<string, SnapshotsTable>
  readonly zones: ReadonlyMap<string, string>
  readonly types: ReadonlyMap<string, string>
  readonly operations: ReadonlyMap<string, Pick<OperationsTable, 'kind' | 'cause_code' | 'cause_message'>>
}

/** What the events are about, in six queries however many there are. */
export async function subjectsOf(db: DbOrTx, events: readonly EventRow[]): Promise<Subjects> {
  const ids = (type: string): string[] => [
    ...new Set(events.filter((one) => one.resource_type === type).map((one) => one.resource_id)),
  ]
  const [shareIds, snapshotIds] = [ids('share'), ids('snapshot')]
  const gone = await db
    .selectFrom('tombstones')
    .select(['resource_type', 'id', 'row_json'])
    .where('resource_type', 'in', ['share', 'snapshot'])
    .where('id', 'in', [...shareIds, ...snapshotIds])
    .execute()
  const buried = <Row>(type: string): [string, Row][] =>
    gone.filter((one) => one.resource_type === type).map((one) => [one.id, JSON.parse(one.row_json) as Row])
  const shares = await db.selectFrom('shares').selectAll().where('id', 'in', shareIds).execute()
  const snapshots = await db.selectFrom('snapshots').selectAll().where('id', 'in', snapshotIds).execute()
  const operations = await db
    .selectFrom('operations')
    .select(['id', 'kind', 'cause_code', 'cause_message'])
    .where('id', 'in', [...new Set(events.flatMap(({ operation_id }) => operation_id ?? []))])
    .execute()
  return {
    shares: new Map([
      ...buried<SharesTable>('share'),
      ...shares.map((row) => [row.id, row] as [string, SharesTable]),
    ]),
    snapshots: new Map([
      ...buried<SnapshotsTable>('snapshot'),
      ...snapshots.map((row) => [row.id, row] as [string, SnapshotsTable]),
    ]),
    operations: new Map(operations.map((row) => [row.id, row])),
    ...(await namesOf(db)),
  }
}

/** Zones and types have names that a listener wants; there are few of either. */
export async function namesOf(db: DbOrTx): Promise<Pick<Subjects, 'zones' | 'types'>> {
  const zones = await db.selectFrom('availability_zones').select(['id', 'name']).execute()
  const types = await db.selectFrom('share_types').select(['id', 'name']).execute()
  const byId = (rows: readonly { readonly id: string; readonly name: string }[]) =>
    new Map(rows.map((row) => [row.id, row.name]))
  return { zones: byId(zones), types: byId(types) }
}

export interface ExistingShare {
  readonly share: SharesTable
  readonly usedBytes: number | null
  readonly measuredAt: number | null
}

/** A page of all shares by id, with what was last measured. */
export async function existingShares(db: DbOrTx, afterId: string, limit: number): Promise<ExistingShare[]> {
  const rows = await db
    .selectFrom('shares')
    .leftJoin('usages', 'usages.id', 'shares.instance_id')
    .selectAll('shares')
    .select(['usages.used_bytes', 'usages.measured_at'])
    .where('shares.id', '>', afterId)
    .orderBy('shares.id')
    .limit(limit)
    .execute()
  return rows.map(({ used_bytes, measured_at, ...share }) => ({
    share,
    usedBytes: used_bytes,
    measuredAt: measured_at,
  }))
}

const audit = 'notifications.exists'

/** When the next audit is due, microseconds; null before the first was planned. */
export async function auditDueAt(db: DbOrTx): Promise<number | null> {
  const row = await db
    .selectFrom('periodic_jobs')
    .select('next_at')
    .where('name', '=', audit)
    .executeTakeFirst()
  return row?.next_at ?? null
}

export async function planAudit(db: DbOrTx, at: number): Promise<void> {
  const planned = await db
    .updateTable('periodic_jobs')
    .set({ next_at: at })
    .where('name', '=', audit)
    .executeTakeFirst()
  if (planned.numUpdatedRows > 0n) return
  await db.insertInto('periodic_jobs').values({ name: audit, next_at: at }).execute()
}
