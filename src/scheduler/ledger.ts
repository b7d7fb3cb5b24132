/**
 * Turns a choice into a claim. Ranking is done on what was read, and the claim is written if the pool is still as it was; else its
 * row is locked, read again and asked again. So two schedulers never promise the same space.
 */
import { randomUUID } from 'node:crypto'
import type { Tx } from '../db/schema.ts'
import { claimAsSeen, claimOnPool, isComingUp, lockPool, poolRecord, poolRecords } from '../db/store/pools.ts'
import { StepFailure, type Refusal } from '../engine/operation.ts'
import type { Unmet } from '../model/unmet.ts'
import { whyNoRoom } from '../model/pool-capacity.ts'
import { detailIdOf } from './detail-ids.ts'
import { place, type PlaceOptions } from './place.ts'
import { poolView } from './pool-views.ts'
import { purposeOf, thinFor } from './request.ts'
import type { PlacementRequest, PoolView } from './types.ts'

export interface ClaimOptions extends PlaceOptions {
  /** Heartbeats after this (microseconds) count as up. */
  readonly upSince: number
  readonly now: number
  /** Only this pool is asked: extends and managed shares stay where they are. */
  readonly only?: string
  /** An administrator's force: the claim is written whatever the filters say. */
  readonly unchecked?: boolean
}

/**
 * Chooses a pool for the request and writes the claim of `request.sizeGib` for `ownerId` (a share instance) in `tx`.
 * Throws {@link StepFailure} with code `no-valid-host`, the refusal of every pool and the message detail id: `unwind`, or
 * `wait` while a backend is still coming up, as after a restart, or while a full pool has claims yet to be measured.
 */
export async function claimPool(
  tx: Tx,
  request: PlacementRequest,
  ownerId: string,
  options: ClaimOptions,
): Promise<PoolView> {
  const records = await poolRecords(tx)
  const all = records.map((record) => poolView(record, options.upSince))
  const pools = options.only === undefined ? all : all.filter((pool) => pool.label === options.only)
  const placed = place(request, pools, options)
  const candidates = options.unchecked === true ? pools : placed.ranked
  const refusals: Refusal[] = [...placed.refusals]
  const latest = new Map(pools.map((pool) => [pool.label, pool]))
  const seen = new Map(records.map((record) => [record.id, record]))
  for (const { id: poolId, label } of candidates) {
    const claim = { id: randomUUID(), poolId, ownerId, addGib: request.sizeGib, now: options.now }
    const record = seen.get(poolId)
    const known = record === undefined ? undefined : latest.get(label)
    // Mostly nobody else chose it meanwhile. Whatever filters there are, what does not fit is not claimed.
    if (record !== undefined && known !== undefined && whyNoClaim(known, request) === null) {
      if (await claimAsSeen(tx, claim, record)) return known
    }
    await lockPool(tx, poolId)
    const fresh = await poolRecord(tx, label)
    if (fresh === undefined) continue
    const view = poolView(fresh, options.upSince)
    latest.set(view.label, view)
    const why = options.unchecked === true ? null : whyNoClaim(view, request)
    if (why !== null) {
      refusals.push({ pool: label, filter: 'CapacityFilter', why })
      continue
    }
    await claimOnPool(tx, claim)
    return view
  }
  const backendLabel = options.only?.split('#')[0]
  const full = new Set(refusals.filter(({ filter }) => filter === 'CapacityFilter').map(({ pool }) => pool))
  const soon =
    // As it is now: what was read before the row was locked may still show the room that another scheduler has taken since.
    [...latest.values()].some((pool) => full.has(pool.label) && mayHaveRoomSoon(pool, request)) ||
    (await isComingUp(tx, options.upSince, backendLabel))
  const detailId = placed.detailId ?? detailIdOf('CapacityFilter')
  const unmet = named(placed.unmet, options.only !== undefined)
  throw noValidHost(refusals, { detailId, unmet }, soon)
}

/** Why no claim of this size is granted on the pool, whatever filters are configured; null when it is. */
export const whyNoClaim = (pool: PoolView, request: PlacementRequest): string | null =>
  whyNoRoom(pool, request.sizeGib, purposeOf(request), thinFor(request, pool))

/**
 * True when only claims that no measurement has settled yet stand in the way: the bytes behind them may be counted twice,
 * as claimed and as no longer free. What is placed is exact and is never waited for.
 */
function mayHaveRoomSoon(pool: PoolView, request: PlacementRequest): boolean {
  const settled = { ...pool, claimedSinceMeasureGib: 0 }
  return whyNoClaim(settled, request) === null
}

/** Of one pool that was named it is said so. */
export const named = (unmet: Unmet | null, one: boolean): Unmet | null =>
  unmet === null || !one ? unmet : { ...unmet, of: 'named' }

/** `soon`: it may be otherwise in a moment, so it is waited for. */
export function noValidHost(
  refusals: readonly Refusal[],
  { detailId, unmet }: { readonly detailId: string; readonly unmet: Unmet | null },
  soon: boolean,
): StepFailure {
  const filters = [...new Set(refusals.map(({ filter }) => filter))]
  const message =
    refusals.length === 0
      ? 'No storage could be allocated: no pool has reported yet.'
      : `No storage could be allocated: all ${refusals.length} pools were refused, by ${filters.join(', ')}.`
  // What no backend has, and a type that nobody named, is not there when asked again either.
  const retryable = unmet?.of !== 'all' && detailId !== detailIdOf('share type')
  const cause = { code: 'no-valid-host', message, retryable, detailId, unmet }
  return new StepFailure(soon ? 'wait' : 'unwind', cause, { refusals })
}
