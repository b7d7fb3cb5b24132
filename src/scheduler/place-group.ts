/**
 * One pool for a whole share group: each of its share types must pass the usual chain there (of no size: a group takes no room),
 * and the pool must suit the group type. Nothing is claimed; the shares that are made in it later do that.
 */
import type { Refusal } from '../engine/operation.ts'
import type { Unmet } from '../model/unmet.ts'
import { createChain } from './filters/index.ts'
import { place, type PlaceOptions } from './place.ts'
import type { PlacementRequest, PoolView } from './types.ts'

export interface GroupRequests {
  /** Of each share type. */
  readonly shares: readonly PlacementRequest[]
  /** Of the group type. */
  readonly group: PlacementRequest
}

export interface GroupPlacement {
  readonly pool: PoolView | null
  readonly refusals: readonly Refusal[]
  /** Of the user message when there is no pool. */
  readonly detailId: string | null
  readonly unmet: Unmet | null
}

/** The best pool, in the order in which the first share type would choose. */
export function placeGroup(
  { shares, group }: GroupRequests,
  pools: readonly PoolView[],
  options: PlaceOptions,
): GroupPlacement {
  const refusals: Refusal[] = []
  let left = pools
  let first: readonly PoolView[] | null = null
  const stages = [
    ...shares.map((request) => ({ request, filters: options.filters ?? createChain })),
    { request: group, filters: undefined },
  ]
  for (const { request, filters } of stages) {
    const { filters: _, ...rest } = options
    const placed = place(request, left, filters === undefined ? rest : { ...rest, filters })
    refusals.push(...placed.refusals)
    if (placed.ranked.length === 0)
      return { pool: null, refusals, detailId: placed.detailId, unmet: placed.unmet }
    left = placed.ranked
    first ??= placed.ranked
  }
  const pool = (first ?? left).find((one) => left.includes(one)) ?? null
  return { pool, refusals, detailId: null, unmet: null }
}
