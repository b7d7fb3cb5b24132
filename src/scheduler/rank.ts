/** The order of pools that may be used: what the weighers say, then chance, then the label. Pure. */
import { bounds } from './weighers/bounds.ts'
import { defaultWeighers, weighersNamed } from './weighers/index.ts'
import type { PlacementRequest, PoolView, PreparedRequest } from './types.ts'

export interface RankOptions {
  /** Weigher names. */
  readonly weighers?: readonly string[]
  /** Multiplier by weigher name (`capacity_weight_multiplier`, `pool_weight_multiplier`); 1 when absent. */
  readonly weights?: Readonly<Record<string, number>>
  /**
   * Numbers in [0, 1) that shuffle pools of equal weight, so that several schedulers do not all run for the same one.
   * Without it, ties are broken by label.
   */
  readonly random?: () => number
}

/** What the weighers give each pool. */
export interface Weighed {
  readonly totals: Float64Array
  /** The order stays the same whichever of the pools are left out. */
  readonly isLasting: boolean
  /** It does, and it is the order of all requests of one {@link likeness}. */
  readonly isShared: boolean
}

/** What weighers know of a request: those that have it in common are given one order, unless {@link weigh} says otherwise. */
export function likeness(
  request: PlacementRequest,
  { weighers = defaultWeighers, weights = {} }: RankOptions,
): string {
  const bases = weighersNamed(weighers).map(
    (weigher) => `${weigher.name} ${weights[weigher.name] ?? 1} ${weigher.basis(request) ?? ''}`,
  )
  return bases.join('\n')
}

export function weigh(
  pools: readonly PoolView[],
  request: PreparedRequest,
  { weighers = defaultWeighers, weights = {} }: RankOptions,
): Weighed {
  const totals = new Float64Array(pools.length)
  let opinions = 0
  let isShared = true
  for (const weigher of weighersNamed(weighers)) {
    const multiplier = weights[weigher.name] ?? 1
    const scores = weigher.scores(pools, request, multiplier)
    if (scores === null) continue
    // What is alike for this request may not be for the next one.
    isShared &&= weigher.basis(request) !== null
    const { least, most } = bounds(scores)
    if (!(most > least)) continue
    opinions++
    // Stretched to 0…1, so that a weigher's scale never decides; all equal is 0.
    for (let at = 0; at < totals.length; at++) {
      totals[at] = (totals[at] as number) + (((scores[at] as number) - least) / (most - least)) * multiplier
    }
  }
  const isLasting = opinions <= 1
  return { totals, isLasting, isShared: isLasting && isShared }
}

/** Positions in order. One number per pool is drawn before sorting: a comparison that changes its mind would not sort. */
export function order(pools: readonly PoolView[], totals: Float64Array, random: RankOptions['random']) {
  const ties = new Float64Array(pools.length)
  if (random !== undefined) for (let at = 0; at < ties.length; at++) ties[at] = random()
  // Answers whole numbers: a fraction would be an object of its own for each comparison.
  return (a: number, b: number): number =>
    byNumber(totals[b] as number, totals[a] as number) ||
    byNumber(ties[a] as number, ties[b] as number) ||
    byLabel(pools[a] as PoolView, pools[b] as PoolView)
}

const byNumber = (a: number, b: number): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0)

/** Best first, each with what the weighers give it in all. */
export function rank<Pool extends PoolView>(
  pools: readonly Pool[],
  request: PreparedRequest,
  options: RankOptions,
): readonly { readonly pool: Pool; readonly total: number }[] {
  const { totals } = weigh(pools, request, options)
  const compare = order(pools, totals, options.random)
  return firstOf(pools.length, pools.length, compare).map((at) => ({
    pool: pools[at] as Pool,
    total: totals[at] ?? 0,
  }))
}

/** The first `count` of the positions below `size`, in order. A few of many are found in one pass, without sorting the others. */
export function firstOf(size: number, count: number, compare: (a: number, b: number) => number): number[] {
  if (count >= size) return Array.from({ length: size }, (_, at) => at).sort(compare)
  const first: number[] = []
  const isBehind = (at: number, one: number): boolean => at >= 0 && compare(first[at] as number, one) > 0
  for (let one = 0; one < size; one++) {
    // The last one makes room where there is none.
    if (first.length === count && !isBehind(count - 1, one)) continue
    let at = Math.min(first.length, count - 1)
    for (; isBehind(at - 1, one); at--) first[at] = first[at - 1] as number
    first[at] = one
  }
  return first
}

function byLabel(a: PoolView, b: PoolView): number {
  return a.label < b.label ? -1 : a.label > b.label ? 1 : 0
}
