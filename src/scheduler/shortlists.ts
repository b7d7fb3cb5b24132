/**
 * The best of a large fleet, so that a choice looks at a hundred pools and not at ten thousand. Requests that weighers can't tell apart share
 * a list. What is on it is weighed and judged anew for each of them, so a claim counts at once; what is not on it gets its chance whenever
 * it is read again.
 */
import { bestOf, type PlaceOptions } from './place.ts'
import { firstOf, likeness, order, weigh } from './rank.ts'
import { prepare } from './request.ts'
import type { PlacementRequest, PoolView } from './types.ts'

/** Pools of a list, unless it is said otherwise. */
const usualLength = 128
/** Milliseconds without a use after which it is dropped. */
const idleMs = 10_000
/** Kinds of requests that are told apart; above it all lists are made anew. */
const mostLists = 32

interface List {
  readonly request: PlacementRequest
  readonly options: PlaceOptions
  /** Labels; null: the order depends on more than these requests have in common. */
  labels: readonly string[] | null
  usedAt: number
}

/** What is listed. */
export interface Fleet {
  readonly views: readonly PoolView[]
  get(label: string): PoolView | undefined
}

export class Shortlists {
  readonly #fleet: Fleet
  readonly #length: number
  readonly #lists = new Map<string, List>()

  constructor(fleet: Fleet, length = usualLength) {
    this.#fleet = fleet
    this.#length = length
  }

  /** The first `count` that {@link bestOf} would find in the fleet, of what was the best when it was read last. */
  best(request: PlacementRequest, options: PlaceOptions, count: number): PoolView[] {
    const labels = this.#listFor(request, options)
    if (labels !== null) {
      const best = bestOf(request, this.#viewsOf(labels), options, count)
      if (best.length === count) return best
    }
    return bestOf(request, this.#fleet.views, options, count)
  }

  /** Some of the fleet, as they were just read. */
  offer(read: readonly PoolView[]): void {
    const labels = read.map((pool) => pool.label)
    for (const [key, list] of this.#lists) {
      if (performance.now() - list.usedAt > idleMs) this.#lists.delete(key)
      else if (list.labels !== null)
        list.labels = this.#bestOf(this.#viewsOf(new Set([...list.labels, ...labels])), list)
    }
  }

  #listFor(request: PlacementRequest, options: PlaceOptions): readonly string[] | null {
    // Both are looked up among all pools.
    if (request.snapshotPool !== null || request.activeReplicaHost !== null) return null
    const key = likeness(request, options)
    let list = this.#lists.get(key)
    if (list === undefined) {
      if (this.#lists.size >= mostLists) this.#lists.clear()
      list = { request, options, labels: this.#bestOf(this.#fleet.views, { request, options }), usedAt: 0 }
      this.#lists.set(key, list)
    }
    list.usedAt = performance.now()
    return list.labels
  }

  #viewsOf(labels: Iterable<string>): PoolView[] {
    return Array.from(labels).flatMap((label) => this.#fleet.get(label) ?? [])
  }

  /** Labels; null where the next request may see another order in the same pools. */
  #bestOf(
    views: readonly PoolView[],
    { request, options }: Pick<List, 'request' | 'options'>,
  ): readonly string[] | null {
    const { totals, isShared } = weigh(views, prepare(request, []), options)
    if (!isShared) return null
    const first = firstOf(views.length, this.#length, order(views, totals, options.random))
    return first.map((at) => (views[at] as PoolView).label)
  }
}
