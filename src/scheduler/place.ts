/**
 * Where a share goes. Pure: a request and the pools as they are known, in; the pools that can take it, best first, and
 * for every other pool the filter that refused it and why, out.
 *
 * Promises: every pool is either ranked or refused, once; the same input gives the same answer (unless a source of
 * randomness is passed in to break ties). Refuses to know where pools come from and whether the choice still holds by
 * the time it is written: the ledger claims it, or asks again with that pool in `excludedPools`.
 */
import { isProtocol, type Unmet } from '../model/unmet.ts'
import { detailIdOf } from './detail-ids.ts'
import { capabilitiesFilter } from './filters/capabilities.ts'
import { defaultChain, filtersNamed } from './filters/index.ts'
import { ignoreAttemptedHostsFilter } from './filters/ignore-attempted-hosts.ts'
import { retryFilter } from './filters/retry.ts'
import { fieldAt } from './pool-fields.ts'
import { downSentence, protocolFilter } from './filters/protocol.ts'
import { closedFilter, serviceFilter, shareTypeFilter } from './filters/service.ts'
import { prepare } from './request.ts'
import { firstOf, order, rank, weigh, type RankOptions } from './rank.ts'
import type { Filter, PlacementRequest, PoolView, PreparedRequest, Refusal } from './types.ts'

export interface PlaceOptions extends RankOptions {
  /** Filter names in order; by default the chain of the request's kind. */
  readonly filters?: readonly string[]
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
  const chain = stages(request, options)
  const refusalOf = judged(prepared, chain)
  const refused: Refusal[][] = chain.map(() => [])
  const left = pools.filter((pool) => {
    const no = refusalOf(pool)
    if (no !== null) refused[no.stage]?.push(no.refusal)
    return no === null
  })
  const refusals = refused.flat()
  if (left.length > 0) {
    const ranked = rank(left, prepared, options)
    return {
      ranked: ranked.map(({ pool }) => pool),
      weights: ranked.map(({ total }) => total),
      refusals,
      lastFilter: null,
      detailId: null,
      unmet: null,
    }
  }
  const lastFilter = refusals.at(-1)?.filter ?? null
  const unmet =
    unspoken(prepared, pools, lastFilter) ??
    (chain.includes(capabilitiesFilter) ? unmetBy(prepared, pools, refusals, lastFilter) : null)
  // What no pool has would still be missing when there is room.
  const cause = unmet?.of === 'all' ? capabilitiesFilter.name : lastFilter
  return { ranked: [], weights: [], refusals, lastFilter, detailId: detailIdOf(cause), unmet }
}

/**
 * The first `count` that {@link place} would rank, without a word about the others: a choice among thousands of pools judges a few.
 */
export function bestOf<Pool extends PoolView>(
  request: PlacementRequest,
  pools: readonly Pool[],
  options: PlaceOptions,
  count: number,
): Pool[] {
  const prepared = prepare(request, pools)
  const refusalOf = judged(prepared, stages(request, options))
  const passes = (pool: Pool): boolean => refusalOf(pool) === null
  const { totals, isLasting } = weigh(pools, prepared, options)
  if (!isLasting) {
    const left = pools.filter(passes)
    return rank(left, prepared, options)
      .slice(0, count)
      .map(({ pool }) => pool)
  }
  const compare = order(pools, totals, options.random)
  const found: Pool[] = []
  let asked = 0
  // Mostly the first that are looked at will do.
  for (const many of [count, 16 * count, pools.length]) {
    const best = firstOf(pools.length, many, compare)
    const next = best.slice(asked).map((at) => pools[at] as Pool)
    for (const pool of next) {
      if (passes(pool)) found.push(pool)
      if (found.length === count) return found
    }
    asked = best.length
  }
  return found
}

/** Whether one more pool may be used for the request, as {@link place} among `pools` would judge it. */
export function judgeAmong(
  request: PlacementRequest,
  pools: readonly PoolView[],
  options: PlaceOptions,
): (pool: PoolView) => Refusal | null {
  const refusalOf = judged(prepare(request, pools), stages(request, options))
  return (pool) => refusalOf(pool)?.refusal ?? null
}

/** The first stage that says no. A pool that was refused is asked no more. */
function judged(
  request: PreparedRequest,
  chain: readonly Filter[],
): (pool: PoolView) => { readonly stage: number; readonly refusal: Refusal } | null {
  const judges = chain.map((filter) => filter.judge(request))
  return (pool) => {
    let why: string | null = null
    const stage = judges.findIndex((judge) => (why = judge(pool)) !== null)
    return why === null
      ? null
      : { stage, refusal: { pool: pool.label, filter: chain[stage]?.name ?? '', why } }
  }
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
  const missing = (some: readonly PoolView[]): Readonly<Record<string, string>> =>
    Object.fromEntries(
      request.requirements
        .filter(({ path, isMet }) => {
          const valueIn = fieldAt(path)
          return some.every((pool) => !isMet(valueIn(pool)))
        })
        .map(({ key, requirement }) => [key, requirement]),
    )
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
