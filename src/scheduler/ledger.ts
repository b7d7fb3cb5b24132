/**
 * Turns a choice into a claim. Ranking is done on what was read, and the claim is written if the pool still has the room; else its
 * row is locked, read again and asked again. So two schedulers never promise the same space. All who place something change the
 * row of the pool, so that is done last of all. Of a large fleet the ranking is done on what is remembered, and the pool is read
 * and judged before it is claimed.
 */
import { randomUUID } from 'node:crypto'
import type { Tx } from '../db/schema.ts'
import {
  claimOnPool,
  growAsSeen,
  isComingUp,
  lockPool,
  noteClaim,
  poolRecord,
  poolRecords,
  reportedPool,
  type PoolClaim,
  type PoolRecord,
} from '../db/store/pools.ts'
import type { InstanceColumns } from '../db/store/share-instances.ts'
import { StepFailure, type Refusal, type StepRecord } from '../engine/operation.ts'
import type { Unmet } from '../model/unmet.ts'
import { maxPlacedGib, whyNoRoom } from '../model/pool-capacity.ts'
import { detailIdOf } from './detail-ids.ts'
import type { KnownPools } from './known-pools.ts'
import { judgeAmong, place, type PlaceOptions } from './place.ts'
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
  /** What else the owner's row gets of the pool that is chosen. */
  readonly owner?: (pool: PoolView) => InstanceColumns
  readonly last: StepRecord['last']
  /** Without it all pools are read each time. */
  readonly known?: KnownPools
  /** What the claim is made for. */
  readonly operationId?: string | null
  /** Without it a full pool is refused by what was measured last. */
  readonly asked?: Asked
}

/** Who is refused for want of room learns it of a measurement that is younger than what he asked. */
export interface Asked {
  readonly atUs: number
  /** Has the pools of a backend measured soon; nothing comes back. */
  measure(backendId: string): void
}

/** A measurement takes a second or two; a backend that hangs keeps nobody waiting longer than this. */
const patienceUs = 15_000_000

/** As many pools of a fleet are asked at a time: who wants more than anybody has must not have all of it measured. */
const mostAsked = 8

/** As many of the pools that are remembered are tried before all of them are read. */
const tries = 5

/**
 * Chooses a pool for the request and writes the claim of `request.sizeGib` for `ownerId` (a share instance) in `tx`.
 * Throws {@link StepFailure} with code `no-valid-host`, the refusal of every pool and the message detail id: `unwind`, or
 * `wait` while a backend is still coming up, as after a restart, or while a full pool is yet to be measured.
 */
export async function claimPool(
  tx: Tx,
  request: PlacementRequest,
  ownerId: string,
  options: ClaimOptions,
): Promise<PoolView> {
  const remembered = options.only === undefined ? (options.known?.views() ?? null) : null
  const chosen =
    (remembered === null ? null : await claimRemembered(tx, request, ownerId, { ...options, remembered })) ??
    (await claimRead(tx, request, ownerId, options))
  // Where this transaction fails it is remembered too full for a few seconds.
  options.known?.note(chosen.label, withClaim(chosen, request.sizeGib))
  return chosen
}

/** Reads all pools that come into question, and says why when it is none of them. */
async function claimRead(
  tx: Tx,
  request: PlacementRequest,
  ownerId: string,
  options: ClaimOptions,
): Promise<PoolView> {
  const { only } = options
  const records = only === undefined ? await poolRecords(tx) : await reportedPool(tx, only)
  const pools = records.map((record) => poolView(record, options.upSince))
  if (only === undefined) options.known?.remember(pools)
  const placed = place(request, pools, options)
  const candidates = options.unchecked === true ? pools : placed.ranked
  const refusals: Refusal[] = [...placed.refusals]
  const latest = new Map(pools.map((pool) => [pool.label, pool]))
  const seen = new Map(records.map((record) => [record.id, record]))
  const claimOf = (pool: PoolView): PoolClaim => claimFor(pool, request, ownerId, options)
  for (const { id: poolId, label } of candidates) {
    const record = seen.get(poolId)
    const known = record === undefined ? undefined : latest.get(label)
    // Mostly there is room for more. Whatever filters there are, what does not fit is not claimed.
    if (record !== undefined && known !== undefined && whyNoClaim(known, request) === null) {
      const spare = spareGib(known, request)
      if (await claimAsSeen(tx, claimOf(known), { record, spare, last: options.last })) return known
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
    await claimOnPool(tx, claimOf(view))
    return view
  }
  const backendLabel = options.only?.split('#')[0]
  const full = new Set(refusals.filter(({ filter }) => filter === 'CapacityFilter').map(({ pool }) => pool))
  // As it is now: what was read before the row was locked may still show the room that another scheduler has taken since.
  const soonAt = mayHaveRoomSoon(
    [...latest.values()].filter((pool) => full.has(pool.label)),
    request,
    options,
  )
  for (const backendId of new Set(soonAt.slice(0, mostAsked).map((pool) => pool.backendId)))
    options.asked?.measure(backendId)
  const soon = soonAt.length > 0 || (await isComingUp(tx, options.upSince, backendLabel))
  const detailId = placed.detailId ?? detailIdOf('CapacityFilter')
  const unmet = named(placed.unmet, options.only !== undefined)
  throw noValidHost(refusals, { detailId, unmet }, soon)
}

/** Tries the best of what is remembered, each as it is now; null when none of them can be had. */
async function claimRemembered(
  tx: Tx,
  request: PlacementRequest,
  ownerId: string,
  { remembered, ...options }: ClaimOptions & { readonly remembered: readonly PoolView[] },
): Promise<PoolView | null> {
  const refusalOf = judgeAmong(request, remembered, options)
  for (const { label } of options.known?.best(request, options, tries) ?? []) {
    const [record] = await reportedPool(tx, label)
    const view = record === undefined ? null : poolView(record, options.upSince)
    options.known?.note(label, view)
    if (record === undefined || view === null) continue
    if (refusalOf(view) !== null || whyNoClaim(view, request) !== null) continue
    const claim = claimFor(view, request, ownerId, options)
    const spare = spareGib(view, request)
    if (await claimAsSeen(tx, claim, { record, spare, last: options.last })) return view
  }
  return null
}

const withClaim = (pool: PoolView, sizeGib: number): PoolView => ({
  ...pool,
  provisionedGib: pool.provisionedGib + sizeGib,
  claimedSinceMeasureGib: pool.claimedSinceMeasureGib + sizeGib,
})

const claimFor = (
  pool: PoolView,
  request: PlacementRequest,
  ownerId: string,
  { now, owner, operationId = null }: Pick<ClaimOptions, 'now' | 'owner' | 'operationId'>,
): PoolClaim => ({
  id: randomUUID(),
  poolId: pool.id,
  ownerId,
  addGib: request.sizeGib,
  now,
  operationId,
  owner: owner?.(pool),
})

/** False when the pool is no longer what it was; where that is asked `last`, only then. */
async function claimAsSeen(
  tx: Tx,
  claim: PoolClaim,
  { record, spare, last }: { record: PoolRecord; spare: number; last: StepRecord['last'] },
): Promise<boolean> {
  if (last === null) {
    if (!(await growAsSeen(tx, claim, record, spare))) return false
  } else {
    last(async (at) => {
      if (!(await growAsSeen(at, claim, record, spare)))
        throw new Error(`pool ${record.label} is no longer what it was`)
    })
  }
  await noteClaim(tx, claim)
  return true
}

/** GiB that others may be promised meanwhile, of which a claim of this size is none too many: as many as there are, up to a bound. */
const spareGib = (pool: PoolView, request: PlacementRequest): number => {
  const fits = (spare: number): boolean =>
    whyNoClaim(pool, { ...request, sizeGib: request.sizeGib + spare }) === null
  return [64, 16, 4, 1].map((times) => times * request.sizeGib).find(fits) ?? 0
}

/** Why no claim of this size is granted on the pool, whatever filters are configured; null when it is. */
export const whyNoClaim = (pool: PoolView, request: PlacementRequest): string | null =>
  whyNoRoom(pool, request.sizeGib, purposeOf(request), thinFor(request)(pool))

/**
 * Those of the full pools that may have the room when they are measured again. Of claims that none has settled yet the bytes may be counted
 * twice, as claimed and as no longer free. And what was measured before somebody asked may lack what has been deleted or made
 * smaller since, perhaps by himself: of a fleet that is asked of those that have the most room by what is placed on them. What is placed
 * is exact and is never waited for.
 */
function mayHaveRoomSoon(
  full: readonly PoolView[],
  request: PlacementRequest,
  { asked, now }: Pick<ClaimOptions, 'asked' | 'now'>,
): readonly PoolView[] {
  const settled = full.filter((pool) => whyNoClaim({ ...pool, claimedSinceMeasureGib: 0 }, request) === null)
  if (settled.length > 0 || asked === undefined || now >= asked.atUs + patienceUs) return settled
  const purpose = purposeOf(request)
  const room = (pool: PoolView): number => (maxPlacedGib(pool, purpose) ?? Infinity) - pool.provisionedGib
  const most =
    full.length <= mostAsked ? full : full.toSorted((a, b) => room(b) - room(a)).slice(0, mostAsked)
  return most.filter((pool) => {
    const emptied = { ...pool, claimedSinceMeasureGib: 0, freeGib: pool.totalGib ?? Infinity }
    return pool.measuredAtUs < asked.atUs && whyNoClaim(emptied, request) === null
  })
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
