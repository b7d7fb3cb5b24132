/** Whether a share type can be had anywhere now, and what of which pool is in the way. */
import type { UnmetSpec } from '../../../src/model/extra-spec-match.ts'
import type { PoolView } from '../pools/queries.ts'
import { lacks } from '../pools/fit.ts'

export interface PoolLack {
  readonly pool: PoolView
  /** Empty = it satisfies the type. */
  readonly missing: readonly UnmetSpec[]
}

export interface Lint {
  readonly fits: readonly PoolView[]
  /** The nearest first: the pool that lacks least. */
  readonly others: readonly PoolLack[]
  /** Specs that no pool has: as long as they stand, nothing can be placed. */
  readonly nowhere: readonly string[]
}

export function lint(specs: Readonly<Record<string, string>>, pools: readonly PoolView[]): Lint {
  const judged = pools.map((pool) => ({ pool, missing: lacks(pool.capabilities, specs) }))
  const others = judged
    .filter(({ missing }) => missing.length > 0)
    .toSorted((a, b) => a.missing.length - b.missing.length || a.pool.name.localeCompare(b.pool.name))
  return {
    fits: judged.filter(({ missing }) => missing.length === 0).map(({ pool }) => pool),
    others,
    nowhere: Object.keys(specs).filter(
      (key) => judged.length > 0 && judged.every(({ missing }) => missing.some((one) => one.key === key)),
    ),
  }
}
