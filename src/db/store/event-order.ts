/**
 * Events in the order in which they were committed. Their stamps don't tell it: a transaction that began early may end late, and
 * a reader with a cursor would pass over it. So each event gets a number after its commit, from one counter that one transaction
 * at a time holds: who has read up to a number will never see a smaller one appear.
 */
import { sql } from 'kysely'
import type { Store } from '../open.ts'
import type { DbOrTx, EventsTable, Tx } from '../schema.ts'

export type OrderedEvent = Omit<EventsTable, 'seq'> & { readonly seq: number }

const counter = 'events'
/** Events that one transaction numbers: one statement, some 30 KiB of it. */
const batch = 500

/** Numbers what has none yet; any number of processes may do it at once. Answers how many it numbered; another call may find more. */
export async function orderEvents(store: Store): Promise<number> {
  if ((await withoutNumber(store.db, 1)).length === 0) return 0
  return store.transaction(async (tx) => {
    const first = await takeCounter(tx)
    const events = await withoutNumber(tx, batch)
    if (events.length === 0) return 0
    const numbers = events.map(({ id }, index) => sql`when ${id} then ${sql.lit(first + index)}`)
    await tx
      .updateTable('events')
      .set({ seq: sql<number>`case id ${sql.join(numbers, sql` `)} end` })
      .where(
        'id',
        'in',
        events.map(({ id }) => id),
      )
      .execute()
    await tx
      .updateTable('event_orders')
      .set({ next_seq: first + events.length })
      .where('name', '=', counter)
      .execute()
    return events.length
  })
}

/** The oldest first: of one resource they were written one after the other, and their stamps say so. */
const withoutNumber = (db: DbOrTx, limit: number) =>
  db
    .selectFrom('events')
    .select('id')
    .where('seq', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute()

/** Answers the next number; nobody else gets any until `tx` ends. */
async function takeCounter(tx: Tx): Promise<number> {
  const row = await tx
    .selectFrom('event_orders')
    .select('next_seq')
    .where('name', '=', counter)
    .forUpdate()
    .executeTakeFirst()
  if (row !== undefined) return row.next_seq
  // Of two who make it the second meets the first's, and its transaction is repeated.
  await tx.insertInto('event_orders').values({ name: counter, next_seq: 1 }).execute()
  return 1
}

/** The number of the newest event that has one; 0 before the first. */
export async function newestNumber(db: DbOrTx): Promise<number> {
  const row = await db
    .selectFrom('event_orders')
    .select('next_seq')
    .where('name', '=', counter)
    .executeTakeFirst()
  return (row?.next_seq ?? 1) - 1
}

/** The number of the oldest event that is still there; null when none has one. */
export async function oldestNumber(db: DbOrTx): Promise<number | null> {
  const row = await db
    .selectFrom('events')
    .select('seq')
    .where('seq', 'is not', null)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  return row?.seq ?? null
}

/** Whose events a reader sees: null = every project's, every resource's. */
export interface EventFilter {
  readonly projectId: string | null
  readonly types: readonly string[]
  readonly resourceIds: readonly string[] | null
}

/** Events behind `after`, up to and with `upTo`, in order. */
export async function eventsBetween(
  db: DbOrTx,
  { after, upTo }: { readonly after: number; readonly upTo: number },
  filter: EventFilter | null,
  limit: number,
): Promise<OrderedEvent[]> {
  let query = db
    .selectFrom('events')
    .selectAll()
    .where('seq', '>', after)
    .where('seq', '<=', upTo)
    .orderBy('seq')
    .limit(limit)
  if (filter !== null) {
    const { projectId, types, resourceIds } = filter
    query = query.where('resource_type', 'in', types)
    if (projectId !== null) query = query.where('project_id', '=', projectId)
    if (resourceIds !== null) query = query.where('resource_id', 'in', resourceIds)
  }
  return (await query.execute()) as OrderedEvent[]
}

/** The same as {@link eventsBetween} decides by the database. */
export const passes = (filter: EventFilter, event: OrderedEvent): boolean =>
  filter.types.includes(event.resource_type) &&
  (filter.projectId === null || filter.projectId === event.project_id) &&
  (filter.resourceIds === null || filter.resourceIds.includes(event.resource_id))
