/**
 * One lane per share instance, share server, group or backend. A lease on the lane says which process works there; the
 * fence grows each time the lease is taken, and every write that follows names it. Leases are compared with the
 * database's clock only.
 */
import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely'
import type { Store } from '../open.ts'
import { ofShape } from '../shapes.ts'
import type { Database, DbOrTx, Tx } from '../schema.ts'
import { cancelOperations, openInLane, type EndedOperation } from './operation-cancel.ts'
import { openFamilies } from './operation-families.ts'

/**
 * Seconds a lease lives without renewal: how long the work of a dead process waits. With {@link renewMs} two renewals may be
 * lost or late before a lease is; with a worker's poll of 2 s the work of a dead process goes on after 4 to 8 s.
 */
export const leaseTtlS = 6
/** Milliseconds between two renewals. */
export const renewMs = 2000

export interface Lease {
  readonly lane: string
  readonly holder: string
  readonly fence: number
}

/** Takes a free or expired lease for work that is no operation; null when somebody else holds it, or `holder` for an operation. */
export async function takeLease(tx: Tx, store: Store, lane: string, holder: string): Promise<Lease | null> {
  const taken = await taking(tx, store, holder, null).where('lane', '=', lane).executeTakeFirst()
  if (taken.numUpdatedRows === 0n) return null
  const row = await tx.selectFrom('lanes').select('fence').where('lane', '=', lane).executeTakeFirstOrThrow()
  return { lane, holder, fence: row.fence }
}

/**
 * Takes a lane that nobody works in and that no operation waits for; null when it is not so. Whoever enqueues one meanwhile finds the
 * lane taken: the holder has to look who waits when he lets go.
 */
export async function takeIdleLane(
  tx: Tx,
  store: Store,
  lane: string,
  holder: string,
): Promise<Lease | null> {
  const seen = await idleLane(tx, lane)
  if (seen === undefined) await ensureLane(tx, lane)
  const { fence, waiting } = seen ?? { fence: 0, waiting: null }
  if (waiting !== null) return null
  const taken = await taking(tx, store, holder, null)
    .where(asSeen([{ lane, fence }]))
    .executeTakeFirst()
  return taken.numUpdatedRows === 0n ? null : { lane, holder, fence: fence + 1 }
}

const idleLane = (tx: Tx, lane: string) =>
  tx
    .selectFrom('lanes')
    .select('fence')
    .select((eb) =>
      eb
        .selectFrom('operation_lanes')
        .select('operation_id')
        .whereRef('operation_lanes.lane', '=', 'lanes.lane')
        .where('finished', '=', 0)
        .limit(1)
        .as('waiting'),
    )
    .where('lanes.lane', '=', lane)
    .executeTakeFirst()

/** A lane as it was read: what comes of it holds only if nobody has taken it since. */
export type SeenLane = Pick<Lease, 'lane' | 'fence'>

interface Taker {
  readonly holder: string
  /** The operation. */
  readonly id: string
}

/** Takes these, whose fences are as they were read, in one statement; false when any of them is not free: nothing may be kept then. */
export async function takeLeases(
  tx: Tx,
  store: Store,
  lanes: readonly SeenLane[],
  { holder, id }: Taker,
): Promise<boolean> {
  const values = [holder, id, ...lanes.flatMap(({ lane, fence }) => [lane, fence])]
  const taken = await ofShape(tx, `take ${lanes.length} lanes`, values, (taker, operation, ...seen) =>
    taking(tx, store, taker as string, operation as string).where(asSeen(inPairs(seen))),
  )
  return taken.numAffectedRows === BigInt(lanes.length)
}

/** Takes these and lets them go, for work that is done in this transaction; else as {@link takeLeases}. */
export async function passLeases(
  tx: Tx,
  store: Store,
  lanes: readonly SeenLane[],
  { holder, id }: Taker,
): Promise<boolean> {
  const values = [holder, id, ...lanes.flatMap(({ lane, fence }) => [lane, fence])]
  const passed = await ofShape(tx, `pass ${lanes.length} lanes`, values, (taker, operation, ...seen) =>
    tx
      .updateTable('lanes')
      .set((eb) => ({ fence: eb('fence', '+', 1), holder: null, expires_at: 0 }))
      .where(isFree(store, taker as string, operation as string))
      .where(asSeen(inPairs(seen))),
  )
  return passed.numAffectedRows === BigInt(lanes.length)
}

const inPairs = (values: readonly unknown[]): SeenLane[] =>
  Array.from({ length: values.length / 2 }, (_, at) => ({
    lane: values[2 * at] as string,
    fence: values[2 * at + 1] as number,
  }))

type LanesWhere = (eb: ExpressionBuilder<Database, 'lanes'>) => ExpressionWrapper<Database, 'lanes', SqlBool>

const asSeen =
  (lanes: readonly SeenLane[]): LanesWhere =>
  (eb) =>
    eb.or(lanes.map(({ lane, fence }) => eb.and({ lane, fence })))

/** Whether `holder` may take the lane: for an operation, or with null for other work. */
export const isFree =
  ({ dialect: { nowUs } }: Store, holder: string, operationId: string | null): LanesWhere =>
  (eb) =>
    eb.or([
      eb('lanes.holder', 'is', null),
      eb('lanes.expires_at', '<', nowUs),
      // A lease taken by a release that does not say what for is for whatever comes.
      eb.and([
        eb('lanes.holder', '=', holder),
        eb.or([
          eb('lanes.operation_id', 'is', null),
          ...(operationId === null ? [] : [eb('lanes.operation_id', '=', operationId)]),
        ]),
      ]),
    ])

const taking = (tx: Tx, store: Store, holder: string, operationId: string | null) =>
  tx
    .updateTable('lanes')
    .set((eb) => ({
      holder,
      operation_id: operationId,
      fence: eb('fence', '+', 1),
      expires_at: eb(store.dialect.nowUs, '+', leaseTtlS * 1_000_000),
    }))
    .where(isFree(store, holder, operationId))

/** Makes sure of a lease in a transaction that writes under it: nobody takes it before the end. False when it is somebody else's. */
export async function keepLease(tx: Tx, lane: string, holder: string): Promise<boolean> {
  const kept = await tx
    .updateTable('lanes')
    .set((eb) => ({ fence: eb.ref('fence') }))
    .where('lane', '=', lane)
    .where('holder', '=', holder)
    .executeTakeFirst()
  return kept.numUpdatedRows > 0n
}

/** Lets go, if still held. */
export async function releaseLeases(tx: DbOrTx, lanes: readonly string[], holder: string): Promise<void> {
  if (lanes.length === 0) return
  await ofShape(tx, `release ${lanes.length} lanes`, [holder, ...lanes], (one, ...these) =>
    tx
      .updateTable('lanes')
      .set({ holder: null, expires_at: 0 })
      .where('lane', 'in', these as readonly string[])
      .where('holder', '=', one as string),
  )
}

/** Extends everything `holder` has by another {@link leaseTtlS}; answers the lanes, for what is missing was taken away. */
export async function renewLeases(store: Store, holder: string): Promise<ReadonlySet<string>> {
  await store.db
    .updateTable('lanes')
    .set((eb) => ({ expires_at: eb(store.dialect.nowUs, '+', leaseTtlS * 1_000_000) }))
    .where('holder', '=', holder)
    .execute()
  const held = await store.db.selectFrom('lanes').select('lane').where('holder', '=', holder).execute()
  return new Set(held.map(({ lane }) => lane))
}

/** Whether `fence` is still the newest of the lane and its lease has not run out, by the database's clock. */
export async function confirmLease(store: Store, lane: string, fence: number): Promise<boolean> {
  const row = await store.db
    .selectFrom('lanes')
    .select('lane')
    .where('lane', '=', lane)
    .where('fence', '=', fence)
    .where('expires_at', '>', store.dialect.nowUs)
    .executeTakeFirst()
  return row !== undefined
}

/** Makes the lane's row when it isn't there. Two processes may collide: the caller repeats on a duplicate. */
export async function ensureLane(tx: Tx, lane: string): Promise<void> {
  const known = await tx.selectFrom('lanes').select('lane').where('lane', '=', lane).executeTakeFirst()
  if (known !== undefined) return
  await tx.insertInto('lanes').values({ lane, next_seq: 0, holder: null, fence: 0, expires_at: 0 }).execute()
}

/**
 * Ends every lease at once. Only where this process is the only one that can have the database open (SQLite): whoever
 * held a lease is dead, so its work resumes without waiting for the expiry.
 */
export async function breakAllLeases(store: Store): Promise<void> {
  await store.db
    .updateTable('lanes')
    .set((eb) => ({ holder: null, expires_at: 0, fence: eb('fence', '+', 1) }))
    .where('holder', 'is not', null)
    .execute()
}

/**
 * Takes the work out of a running process's hands: what it writes from now on is refused, by the database and by the
 * backend. Whoever has this lane loses all that he has besides, and so does his family. Used by `reset_status` and `force_delete`.
 */
export async function bumpFence(tx: Tx, lane: string): Promise<void> {
  const ids = await openFamilies(tx, await openInLane(tx, lane))
  // Rows of operations before those of lanes, as whoever claims one takes them.
  if (ids.length > 0) {
    await tx
      .updateTable('operations')
      .set((eb) => ({ fence: eb('fence', '+', 1) }))
      .where('id', 'in', ids)
      .where('state', 'in', ['running', 'undoing'])
      .execute()
  }
  await bump(tx, [lane, ...(ids.length === 0 ? [] : await otherLanes(tx, ids, lane))].toSorted())
}

/** A lane that went on to others since then is not this operation's any more. */
async function otherLanes(tx: Tx, ids: readonly string[], lane: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('operation_lanes')
    .innerJoin('lanes', 'lanes.lane', 'operation_lanes.lane')
    .select('lanes.lane')
    .distinct()
    .where('operation_lanes.operation_id', 'in', ids)
    .where('operation_lanes.lane', '!=', lane)
    .where('operation_lanes.finished', '=', 0)
    .whereRef('operation_lanes.operation_id', '=', 'lanes.operation_id')
    .execute()
  return rows.map((row) => row.lane)
}

async function bump(tx: Tx, lanes: readonly string[]): Promise<void> {
  await tx
    .updateTable('lanes')
    .set((eb) => ({ fence: eb('fence', '+', 1), holder: null, expires_at: 0 }))
    .where('lane', 'in', lanes)
    .execute()
}

/** Marks every open operation of the lane as cancelled, and its family; answers all of them. Call {@link bumpFence} first, so that none of them writes on. */
export async function cancelLane(
  tx: Tx,
  lane: string,
  cause: { readonly code: string; readonly message: string },
  now: number,
): Promise<readonly EndedOperation[]> {
  return cancelOperations(tx, await openInLane(tx, lane), cause, now)
}
