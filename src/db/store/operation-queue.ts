/** Operations that wait: how they get their places in lanes, and which of them are due. */
import type { Store } from '../open.ts'
import { insertRow, insertRows, ofShape, updateRows } from '../shapes.ts'
import type { DbOrTx, OperationsTable, Tx } from '../schema.ts'
import type { Due } from './operation-families.ts'

/** Writes the operation and a place for it at the end of each lane. */
export async function insertOperation(tx: Tx, row: OperationsTable, lanes: readonly string[]): Promise<void> {
  await insertRow(tx, 'operations', row)
  const places = await nextIn(tx, lanes)
  await insertRows(
    tx,
    'operation_lanes',
    places.map((place) => ({ operation_id: row.id, ...place, finished: 0 })),
  )
}

interface Place {
  readonly lane: string
  readonly lane_seq: number
}

/** The lane's own counter gives the order, so that no clock does. Lanes that nobody had are made. */
async function nextIn(tx: Tx, lanes: readonly string[]): Promise<Place[]> {
  const sorted = [...new Set(lanes)].toSorted()
  const { rows } = await ofShape(tx, `next in ${sorted.length} lanes`, sorted, (...all) =>
    tx
      .insertInto('lanes')
      .values(
        all.map((lane) => ({ lane: lane as string, next_seq: 1, holder: null, fence: 0, expires_at: 0 })),
      )
      .onConflict((conflict) =>
        conflict.column('lane').doUpdateSet((eb) => ({ next_seq: eb('lanes.next_seq', '+', 1) })),
      )
      .returning(['lane', 'next_seq as lane_seq']),
  )
  return rows
}

/**
 * Writes a child and its places: in a lane that its family has, the family's; in one that nobody has, a new one for all of the
 * family. `above`: its parent, its parent's parent and so on. Throws when it wants a lane that is somebody else's.
 */
export async function insertChild(
  tx: Tx,
  row: OperationsTable,
  lanes: readonly string[],
  above: readonly string[],
): Promise<void> {
  await insertRow(tx, 'operations', row)
  for (const lane of [...new Set(lanes)].sort()) await takePlace(tx, row.id, lane, above)
}

async function takePlace(tx: Tx, id: string, lane: string, above: readonly string[]): Promise<void> {
  const places = await tx
    .selectFrom('operation_lanes')
    .select(['operation_id', 'lane_seq'])
    .where('lane', '=', lane)
    .where('finished', '=', 0)
    .execute()
  const own = places.find((place) => place.operation_id === above[0])
  if (own === undefined && places.length > 0) {
    throw new Error(`lane ${lane} is in use by others: a parent takes it when it is enqueued`)
  }
  const seq = own?.lane_seq ?? (await nextIn(tx, [lane]))[0]!.lane_seq
  const takers = own === undefined ? [id, ...above] : [id]
  for (const operation_id of takers) await place(tx, operation_id, lane, seq)
}

/** A parent may have had a place in the lane that it gave up when an administrator intervened. */
async function place(tx: Tx, operation_id: string, lane: string, lane_seq: number): Promise<void> {
  const columns = { lane_seq, finished: 0 } as const
  if ((await updateRows(tx, 'operation_lanes', columns, { operation_id, lane })) > 0n) return
  await insertRow(tx, 'operation_lanes', { operation_id, lane, ...columns })
}

/** What is unfinished in any of these lanes. */
export async function waitingIn(db: DbOrTx, lanes: readonly string[]): Promise<Due[]> {
  const { rows } = await ofShape(db, `waiting in ${lanes.length} lanes`, lanes, (...all) =>
    db
      .selectFrom('operation_lanes')
      .innerJoin('operations', 'operations.id', 'operation_lanes.operation_id')
      .select(['operations.id', 'operations.topic', 'operations.backend_id'])
      .where('operation_lanes.lane', 'in', all as readonly string[])
      .where('operation_lanes.finished', '=', 0),
  )
  return rows
}

export interface Looking {
  /** What the row's topic may be. */
  readonly topics: readonly string[]
  readonly holder: string
  /** Whose operations; null: those that have no backend; undefined: anybody's. */
  readonly backendId: string | null | undefined
  /** What the looker has code for: of other work it is not even told, so that none of it fills its slots. */
  readonly known: readonly { readonly version: number; readonly kinds: readonly string[] }[]
  /** Microseconds since the epoch. */
  readonly now: number
  readonly limit: number
}

/** Ids of operations that are due there and not held by a live lease of another process, oldest first. */
export async function dueOperations(
  { db, dialect: { nowUs } }: Store,
  { topics, holder, backendId, known, now, limit }: Looking,
): Promise<string[]> {
  let query = db
    .selectFrom('operations')
    .innerJoin('lanes', 'lanes.lane', 'operations.lane')
    .select('operations.id')
    .where('operations.topic', 'in', topics)
    .where('operations.state', 'in', ['queued', 'running', 'undoing'])
    .where('operations.not_before', '<=', now)
    .where((eb) =>
      eb.or([
        eb('lanes.holder', 'is', null),
        eb.and([
          eb('lanes.holder', '=', holder),
          eb.or([
            eb('lanes.operation_id', 'is', null),
            eb('lanes.operation_id', '=', eb.ref('operations.id')),
          ]),
        ]),
        eb('lanes.expires_at', '<', nowUs),
      ]),
    )
    // Only the first of each lane: what waits behind a slow one must not fill the limit and starve other lanes.
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('operation_lanes as mine')
            .innerJoin('operation_lanes as before', 'before.lane', 'mine.lane')
            .select('before.operation_id')
            .whereRef('mine.operation_id', '=', 'operations.id')
            .where('before.finished', '=', 0)
            .whereRef('before.lane_seq', '<', 'mine.lane_seq'),
        ),
      ),
    )
    .orderBy('operations.created_at')
    .limit(limit)
  if (backendId === null) query = query.where('operations.backend_id', 'is', null)
  else if (backendId !== undefined) query = query.where('operations.backend_id', '=', backendId)
  const rows = await query
    .where((eb) =>
      eb.or(
        known.map(({ version, kinds }) =>
          eb.and([eb('operations.version', '=', version), eb('operations.kind', 'in', kinds)]),
        ),
      ),
    )
    .execute()
  return rows.map(({ id }) => id)
}
