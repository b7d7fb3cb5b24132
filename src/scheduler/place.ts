/**
 * Where a share goes. Pure: a request and the pools as they are known, in; the pools that can take it, best first, and
 * for every other pool the filter that refused it and why, out.
 *
 * Promises: every pool is either ranked or refused, once; the same input gives the same answer (unless a source of
 * randomness is passed in to break ties). Refuses to know where pools come from and whether the choice still holds by
 * the time it is written: the ledger claims it, or asks again with that pool in `excludedPools`.
 */
import { unmetSpecs } from '../model/extra-spec-match.ts'
import { isProtocol, type Unmet } from '../model/unmet.ts'
import { detailIdOf } from './detail-ids.ts'
import { capabilitiesFilter } from './filters/capabilities.ts'
import { defaultChain, filtersNamed } from './filters/index.ts'
import { ignoreAttemptedHostsFilter } from './filters/ignore-attempted-hosts.ts'
import { retryFilter } from './filters/retry.ts'
import { poolFields } from './pool-fields.ts'
import { downSentence, protocolFilter } from './filters/protocol.ts'
import { closedFilter, serviceFilter, shareTypeFilter } from './filters/service.ts'
import { prepare } from './request.ts'
import { defaultWeighers, weighersNamed } from './weighers/index.ts'
import type { Filter, PlacementRequest, PoolView, PreparedRequest, Refusal, Weigher } from './types.ts'

export interface PlaceOptions {
  /** Filter names in order; by default the chain of the request's kind. */
  readonly filters?: readonly string[]
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

export interface Placement<Pool extends PoolView = PoolView> {
  /** Pools that can take it, best first. */
  readonly ranked: readonly Pool[]
  /** What the weighers give each of them, in the same order. */
  readonly weights: readonly number[]
  readonly refusals: readonly Refusal[]
  /** The filter that refused the last remaining pools; null when some are left or there were none to begin with. */
  readonly lastFilter: string | null
  /** Detail id of the user message to write; null when some pools are left. */
  readonly detailId: string | null
  /** What the request asks for and no pool has, where that is why none are left. */
  readonly unmet: Unmet | null
}

/** Ranks `pools` for `request`; throws only on names of filters or weighers that do not exist. */
export function place<Pool extends PoolView>(
  request: PlacementRequest,
  pools: readonly Pool[],
  options: PlaceOptions = {},
): Placement<Pool> {
  const prepared = prepare(request, pools)
  const refusals: Refusal[] = []
  let left = [...pools]
  let lastFilter: string | null = null
  for (const filter of stages(request, options)) {
    if (left.length === 0) break
    const judge = filter.judge(prepared)
    left = left.filter((pool) => {
      const why = judge(pool)
      if (why !== null) refusals.push({ pool: pool.label, filter: filter.name, why })
      return why === null
    })
    if (left.length === 0) lastFilter = filter.name
  }
  if (left.length > 0) {
    const ranked = rank(left, prepared, options)
    return {
      ranked: ranked.map(({ pool }) => pool),
      weights: ranked.map(({ total }) => total),
      refusals,
      lastFilter,
      detailId: null,
      unmet: null,
    }
  }
  const judged = stages(request, options).includes(capabilitiesFilter)
  const unmet =
    unspoken(prepared, pools, lastFilter) ?? (judged ? unmetBy(prepared, pools, refusals, lastFilter) : null)
  // What no pool has would still be missing when there is room.
  const cause = unmet?.of === 'all' ? capabilitiesFilter.name : lastFilter
  return { ranked: [], weights: [], refusals, lastFilter, detailId: detailIdOf(cause), unmet }
}

/** A protocol that those speak which have it, but none that is left: the share type asks for another one than the share has. */
function unspoken(
  request: PreparedRequest,
  pools: readonly PoolView[],
  lastFilter: string | null,
): Unmet | null {
  if (lastFilter !== protocolFilter.name || request.shareProto === null) return null
  const judge = protocolFilter.judge(request)
  const nowhere = pools.every((pool) => judge(pool) !== null) && !isAway(request, pools)
  return { of: nowhere ? 'all' : 'ready', specs: { storage_protocol: `<in> ${request.shareProto}` } }
}

/** Somebody speaks the protocol of the share, though not now or not for more: another time it may be had. */
const isAway = ({ shareProto }: PreparedRequest, pools: readonly PoolView[]): boolean =>
  shareProto !== null && pools.some((pool) => downSentence(pool, shareProto) !== null)

/** Filters after which it is looked for; before them a pool may be refused although it could be had another time. */
const asksCapabilities: readonly (string | null)[] = ['CapacityFilter', capabilitiesFilter.name]

/** Of all pools where none of them has it, else of those that got as far as the capabilities filter. */
function unmetBy(
  request: PreparedRequest,
  pools: readonly PoolView[],
  refusals: readonly Refusal[],
  lastFilter: string | null,
): Unmet | null {
  if (!asksCapabilities.includes(lastFilter)) return null
  const { requirements } = request
  const missing = (some: readonly PoolView[]): Readonly<Record<string, string>> => {
    const lacks = some.map(
      (pool) => new Set([...unmetSpecs(poolFields(pool), requirements)].map(({ key }) => key)),
    )
    return Object.fromEntries(
      Object.entries(requirements).filter(([key]) => lacks.every((lacking) => lacking.has(key))),
    )
  }
  const nowhere = Object.entries(missing(pools)).filter(
    ([key]) => !(isProtocol(key) && isAway(request, pools)),
  )
  if (nowhere.length > 0) return { of: 'all', specs: Object.fromEntries(nowhere) }
  if (lastFilter !== capabilitiesFilter.name) return null
  const refused = new Set(
    refusals.filter(({ filter }) => filter === capabilitiesFilter.name).map(({ pool }) => pool),
  )
  const here = missing(pools.filter(({ label }) => refused.has(label)))
  return Object.keys(here).length > 0 ? { of: 'ready', specs: here } : null
}

function stages(request: PlacementRequest, options: PlaceOptions): Filter[] {
  const chain = filtersNamed(options.filters ?? defaultChain(request.kind))
  // An operator's list may lack it, and then a request would be sent to the same full pool each time.
  const excludes = chain.includes(retryFilter) || chain.includes(ignoreAttemptedHostsFilter)
  return [
    serviceFilter,
    closedFilter,
    shareTypeFilter,
    ...(excludes ? [] : [retryFilter]),
    ...chain,
    protocolFilter,
  ]
}

function rank<Pool extends PoolView>(
  pools: readonly Pool[],
  request: PreparedRequest,
  { weighers = defaultWeighers, weights = {}, random }: PlaceOptions,
): { readonly pool: Pool; readonly total: number }[] {
  const totals = pools.map(() => 0)
  for (const weigher of weighersNamed(weighers)) {
    const multiplier = weights[weigher.name] ?? 1
    for (const [index, score] of normalised(weigher, pools, request, multiplier).entries()) {
      totals[index] = (totals[index] ?? 0) + score * multiplier
    }
  }
  // One number per pool, drawn before sorting: a comparison that changes its mind would not sort.
  const ranked = pools.map((pool, index) => ({ pool, total: totals[index] ?? 0, tie: random?.() ?? 0 }))
  ranked.sort((a, b) => b.total - a.total || a.tie - b.tie || byLabel(a.pool, b.pool))
  return ranked
}

/** Scores stretched to 0…1, so that a weigher's scale never decides; all equal is 0. */
function normalised(
  weigher: Weigher,
  pools: readonly PoolView[],
  request: PreparedRequest,
  multiplier: number,
): number[] {
  const scores = weigher.scores(pools, request, multiplier)
  const least = scores.reduce((a, b) => Math.min(a, b), Infinity)
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity)
  return scores.map((score) => (most > least ? (score - least) / (most - least) : 0))
}

function byLabel(a: PoolView, b: PoolView): number {
  return a.label < b.label ? -1 : a.label > b.label ? 1 : 0
}
