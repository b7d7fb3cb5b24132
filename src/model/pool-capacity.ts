/**
 * Room in a pool: the one place that says whether a size fits. Creating, growing, copying and taking over shares all ask
 * here, and the ledger that claims capacity checks the bounds of this file in its conditional update, so what the
 * scheduler promises is what the ledger grants.
 *
 * Two bounds. *Placed*: the sum of all sizes may not pass what the pool may promise in all. *Free*: what was measured as
 * free, less the reserve, must cover the size and everything claimed since the measurement.
 */
import { boolFromString } from './extra-specs.ts'
import { specMatches } from './extra-spec-match.ts'
import type { ExtraSpecs } from './extra-specs.ts'

/** The numbers of a pool. GiB throughout; fractions are allowed where the file system counts. */
export interface PoolSpace {
  /** Null when the backend can't tell ("unknown" on the wire). */
  readonly totalGib: number | null
  /** As last measured, before claims; null when the backend can't tell. */
  readonly freeGib: number | null
  /** Exact sum of the sizes of all share instances placed here, claims included. */
  readonly provisionedGib: number
  /** Sizes claimed since `freeGib` was measured: not yet visible in it. */
  readonly claimedSinceMeasureGib: number
  /** Per cent of the total kept back from new shares. */
  readonly reservedPercentage: number
  /** The same, for shares created from a snapshot. */
  readonly reservedSnapshotPercentage: number
  /** The same, for growing shares. */
  readonly reservedShareExtendPercentage: number
  /** How many times its total a thin pool may promise. */
  readonly maxOverSubscriptionRatio: number
  /** Whether sizes are promises; a list when the backend does both. */
  readonly thin: boolean | readonly boolean[]
}

/**
 * What the room is for; it decides which reserve counts and which bounds hold.
 * `snapshot` adds no placed size (pass 0 when the backend's snapshots start empty); `manage` takes over bytes that
 * already lie in the pool, so free space is not asked for.
 */
export type Purpose = 'create' | 'from-snapshot' | 'replica' | 'extend' | 'snapshot' | 'manage'

/** Measured sizes are binary fractions: forgive a millionth of a GiB (1 KiB), or 115 GiB would not fit into 100 × 1.15. */
const toleranceGib = 1e-6

/** Whether `sizeGib` fits; see {@link whyNoRoom}. */
export function fits(pool: PoolSpace, sizeGib: number, purpose: Purpose, thin = canBeThin(pool)): boolean {
  return whyNoRoom(pool, sizeGib, purpose, thin) === null
}

/**
 * Null when `sizeGib` fits, otherwise a sentence with the numbers. `thin` says whether this share would be thin
 * ({@link mayBeThin}, where the pool can); by default whatever the pool can do.
 *
 * An unknown free size accepts everything. An unknown total accepts what is free, but only without a reserve, because a
 * percentage of an unknown total is unknown.
 */
export function whyNoRoom(
  pool: PoolSpace,
  sizeGib: number,
  purpose: Purpose,
  thin = canBeThin(pool),
): string | null {
  if (!(sizeGib >= 0) || sizeGib === Infinity) return `The size ${sizeGib} GiB is not a size.`
  // Most pools have the room: no words are made for them.
  const needs = (): string => `Needs ${gib(sizeGib)}`
  const reserved = reservedPercentage(pool, purpose)
  if (pool.freeGib === null) return null
  if (pool.totalGib === null && reserved !== 0 && purpose !== 'manage') {
    return `${needs()}; ${percent(reserved)} is reserved of a total the backend does not report.`
  }
  if (pool.totalGib !== null && !(pool.totalGib > 0))
    return `${needs()}; the pool reports a total of ${gib(pool.totalGib)}.`
  if (thin && pool.totalGib !== null && !(pool.maxOverSubscriptionRatio >= 1)) {
    return `${needs()}; the pool's max_over_subscription_ratio is ${pool.maxOverSubscriptionRatio}, which must be at least 1.`
  }
  const maxPlaced = maxPlacedGib(pool, purpose)
  if (maxPlaced !== null && !(pool.provisionedGib + sizeGib <= maxPlaced)) {
    return `${needs()}; ${gib(pool.provisionedGib)} of at most ${gib(maxPlaced)} is placed already${promise(pool, reserved)}.`
  }
  const maxClaimed = maxClaimedGib(pool, purpose, thin)
  if (maxClaimed !== null && !(pool.claimedSinceMeasureGib + sizeGib <= maxClaimed)) {
    return `${needs()}; ${free(pool, reserved, thin)}.`
  }
  return null
}

/**
 * The most that may be placed in the pool in all, whole GiB: `provisioned + size` may not pass it. Null when nothing
 * bounds it (a total or free size the backend can't tell, snapshots, thick shares that are taken over).
 *
 * A pool that can be thin may promise total × over-subscription, whichever kind the share is; one that can't, only what
 * it has beyond its reserve.
 */
export function maxPlacedGib(pool: PoolSpace, purpose: Purpose): number | null {
  if (pool.totalGib === null || pool.freeGib === null || purpose === 'snapshot') return null
  if (canBeThin(pool)) return whole(pool.totalGib * Math.max(1, pool.maxOverSubscriptionRatio))
  if (purpose === 'manage') return null
  return whole(pool.totalGib - reservedGib(pool, purpose))
}

/**
 * The most that may be claimed on top of the last measurement, whole GiB: `claimedSinceMeasure + size` may not pass it.
 * Null when nothing bounds it. Negative when the reserve is already eaten into.
 *
 * Claims on thin space come off the free space *after* it is multiplied by the over-subscription ratio: a promise uses
 * up promises, not bytes; otherwise a burst of thin shares would be refused until the next measurement.
 */
export function maxClaimedGib(pool: PoolSpace, purpose: Purpose, thin = canBeThin(pool)): number | null {
  if (pool.freeGib === null || purpose === 'manage') return null
  // A ratio multiplies a share of the total; without a total Manila counts free space as it is.
  if (pool.totalGib === null) return whole(pool.freeGib)
  const afterReserve = whole(pool.freeGib - reservedGib(pool, purpose))
  return thin ? whole(afterReserve * pool.maxOverSubscriptionRatio) : afterReserve
}

/** Whether the pool can hold thin shares at all. */
export function canBeThin(pool: Pick<PoolSpace, 'thin'>): boolean {
  return typeof pool.thin === 'boolean' ? pool.thin : pool.thin.includes(true)
}

/** Whether a type with these specs lets its shares be thin, where a pool can. */
export function mayBeThin(specs: ExtraSpecs): boolean {
  const spec = specs['thin_provisioning'] ?? specs['capabilities:thin_provisioning']
  return spec === undefined || (boolFromString(spec) ?? specMatches(true, spec))
}

/** GiB kept back from this purpose; 0 when the total is unknown. */
export function reservedGib(pool: PoolSpace, purpose: Purpose): number {
  return ((pool.totalGib ?? 0) * reservedPercentage(pool, purpose)) / 100
}

/** Per cent of the total kept back from this purpose. Taking over shares needs no new room, so nothing is kept back. */
export function reservedPercentage(pool: PoolSpace, purpose: Purpose): number {
  switch (purpose) {
    case 'extend':
      return pool.reservedShareExtendPercentage
    case 'from-snapshot':
    case 'snapshot':
      return pool.reservedSnapshotPercentage
    case 'manage':
      return 0
    default:
      return pool.reservedPercentage
  }
}

function whole(size: number): number {
  return Math.floor(size + toleranceGib)
}

function free(pool: PoolSpace, reserved: number, thin: boolean): string {
  const claimed =
    pool.claimedSinceMeasureGib > 0 ? `, ${gib(pool.claimedSinceMeasureGib)} of it claimed since` : ''
  const total = pool.totalGib === null ? '' : ` of ${gib(pool.totalGib)}`
  const kept = reserved === 0 ? '' : ` before ${percent(reserved)} reserved`
  const times =
    thin && pool.totalGib !== null ? `, over-subscribed ${pool.maxOverSubscriptionRatio} times` : ''
  return `${gib(pool.freeGib ?? 0)} free${total}${kept}${times}${claimed}`
}

function promise(pool: PoolSpace, reserved: number): string {
  const total = gib(pool.totalGib ?? 0)
  if (canBeThin(pool))
    return ` (${total} over-subscribed ${Math.max(1, pool.maxOverSubscriptionRatio)} times)`
  return reserved === 0 ? ` (thick, total ${total})` : ` (thick, ${total} less ${percent(reserved)} reserved)`
}

function gib(size: number): string {
  return `${Math.round(size * 100) / 100} GiB`
}

function percent(value: number): string {
  return `${value} %`
}
