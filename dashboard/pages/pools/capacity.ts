/**
 * A pool's room as parts of a bar: what is written, what is promised beyond that, what is kept back, what is free. The bounds are the
 * scheduler's own. GiB throughout.
 */
import { canBeThin, maxClaimedGib, maxPlacedGib, type PoolSpace } from '../../../src/model/pool-capacity.ts'

export type Capabilities = Readonly<Record<string, unknown>>

export interface Capacity {
  /** Null when the backend can't tell. */
  readonly total: number | null
  readonly free: number | null
  readonly used: number | null
  /** Sum of the sizes of all shares there. */
  readonly placed: number
  /** The most that may be placed; null when nothing bounds it. */
  readonly mayPlace: number | null
  /** The largest share that would still be placed here; null when nothing bounds it. */
  readonly room: number | null
  readonly thin: boolean
  /** Placed / total; null without a total. */
  readonly ratio: number | null
  readonly maxRatio: number
  /** 0 to 1: how near it is to take nothing more, by bytes or by promises; null when not known. */
  readonly fullness: number | null
  /** Which of the two is nearer. */
  readonly bound: 'bytes' | 'promises'
}

export interface CapacityAmounts {
  /** These four make the total. */
  readonly used: number
  /** Promised to shares and not written yet, as far as there is room for it. */
  readonly promised: number
  readonly reserved: number
  readonly free: number
  /** Promised although there is no room for it. */
  readonly beyond: number
}

const figure = (value: unknown): number | null => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}
const least0 = (value: unknown): number => Math.max(0, figure(value) ?? 0)

export function spaceOf(capabilities: Capabilities): PoolSpace {
  const { thin_provisioning: thin } = capabilities
  return {
    totalGib: figure(capabilities.total_capacity_gb),
    freeGib: figure(capabilities.free_capacity_gb),
    provisionedGib: least0(capabilities.provisioned_capacity_gb ?? capabilities.allocated_capacity_gb),
    claimedSinceMeasureGib: 0,
    reservedPercentage: least0(capabilities.reserved_percentage),
    reservedSnapshotPercentage: least0(capabilities.reserved_snapshot_percentage),
    reservedShareExtendPercentage: least0(capabilities.reserved_share_extend_percentage),
    maxOverSubscriptionRatio: figure(capabilities.max_over_subscription_ratio) ?? 1,
    thin: Array.isArray(thin) ? thin.map(Boolean) : thin === true,
  }
}

const part = (of: number, whole: number): number => (whole > 0 ? Math.min(1, Math.max(0, of / whole)) : 1)

export function capacityOf(capabilities: Capabilities): Capacity {
  const space = spaceOf(capabilities)
  const { totalGib: total, freeGib: free, provisionedGib: placed } = space
  const used = total === null || free === null ? null : Math.min(total, Math.max(0, total - free))
  const mayPlace = maxPlacedGib(space, 'create')
  const bounds = [mayPlace === null ? null : mayPlace - placed, maxClaimedGib(space, 'create')]
  const room = Math.min(...bounds.map((bound) => bound ?? Infinity))
  const byBytes =
    used === null || total === null ? null : part(used, total * (1 - space.reservedPercentage / 100))
  const byPromises = mayPlace === null ? null : part(placed, mayPlace)
  const known = [byBytes, byPromises].filter((one) => one !== null)
  return {
    total,
    free,
    used,
    placed,
    mayPlace,
    room: room === Infinity ? null : Math.max(0, room),
    thin: canBeThin(space),
    ratio: total === null || total <= 0 ? null : placed / total,
    maxRatio: space.maxOverSubscriptionRatio,
    fullness: known.length === 0 ? null : Math.max(...known),
    bound: (byPromises ?? 0) > (byBytes ?? 0) ? 'promises' : 'bytes',
  }
}

/** Null when the backend can't tell how large it is, or how full. */
export function amountsOf(capabilities: Capabilities): CapacityAmounts | null {
  const { total, used, placed } = capacityOf(capabilities)
  if (total === null || used === null) return null
  const waiting = Math.max(0, placed - used)
  const promised = Math.min(waiting, total - used)
  const open = total - used - promised
  const reserved = Math.min(open, (total * spaceOf(capabilities).reservedPercentage) / 100)
  return { used, promised, reserved, free: open - reserved, beyond: waiting - promised }
}
