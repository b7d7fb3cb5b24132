/**
 * What a scheduler remembers of a large fleet, so that a choice among thousands of pools reads one of them. Only an order to try is
 * taken from here: whoever claims reads the pool that he tries, asks the filters again, and reads all of them before he says no.
 *
 * A fleet that is read in a moment is not remembered. A large one is read again in pages, all of it in {@link roundMs}, for as long
 * as shares are placed.
 */
import type { DbOrTx } from '../db/schema.ts'
import { poolPage } from '../db/store/pools.ts'
import type { PlaceOptions } from './place.ts'
import { poolView } from './pool-views.ts'
import { Shortlists, type Fleet } from './shortlists.ts'
import type { PlacementRequest, PoolView } from './types.ts'

/** Up to as many pools are read whole each time: about a millisecond. */
const smallFleet = 256
/** Of a page of the rounds: half a millisecond, in which nothing is placed. */
const pageSize = 25
/** No older is what is remembered, but for the time that the reading itself takes. */
const roundMs = 10_000
/** Without a placement in this time all is forgotten, and the next one reads the whole fleet. */
const idleMs = 60_000

export interface KnownPoolsParts {
  readonly db: DbOrTx
  /** Heartbeats after this (microseconds) count as up, now. */
  upSince(): number
  /** Calls `work` in so many milliseconds, outside any transaction; what it answers calls that off. */
  after(ms: number, work: () => void): () => void
}

export class KnownPools {
  readonly #parts: KnownPoolsParts
  /** Null: nothing is remembered. */
  #pools: Remembered | null = null
  #round = 0
  #after = ''
  #usedAt = 0
  #callOff = (): void => {}

  constructor(parts: KnownPoolsParts) {
    this.#parts = parts
  }

  /**
   * As they were a few seconds ago, in no order; null where all of them are to be read. What is noted changes it: whoever waits for
   * something asks again.
   */
  views(): readonly PoolView[] | null {
    this.#usedAt = performance.now()
    return this.#pools === null ? null : this.#pools.views
  }

  /** The first `count` of them that the request would be given; fewer where no more may be used. */
  best(request: PlacementRequest, options: PlaceOptions, count: number): PoolView[] {
    return this.#pools?.shortlists.best(request, options, count) ?? []
  }

  /** All pools, as they were just read. */
  remember(views: readonly PoolView[]): void {
    this.forget()
    if (views.length <= smallFleet) return
    this.#pools = new Remembered()
    for (const view of views) this.#pools.set(view, this.#round)
    this.#round++
    this.#later()
  }

  /** One pool as it was just read or claimed on; null when it is none any more. */
  note(label: string, view: PoolView | null): void {
    if (view === null) this.#pools?.delete(label)
    else this.#pools?.set(view, this.#round)
  }

  /** Ends the reading. */
  forget(): void {
    this.#callOff()
    this.#pools = null
    this.#after = ''
  }

  #later(): void {
    const pages = Math.ceil((this.#pools?.views.length ?? 1) / pageSize)
    this.#callOff = this.#parts.after(roundMs / pages, () => {
      if (performance.now() - this.#usedAt > idleMs) this.forget()
      else void this.#readOn()
    })
  }

  /** One page. What can't be read again, as when the database is away, is not kept: whoever places then reads all and says why not. */
  async #readOn(): Promise<void> {
    const known = this.#pools
    try {
      const { records, last } = await poolPage(this.#parts.db, this.#after, pageSize)
      const views = records.map((record) => poolView(record, this.#parts.upSince()))
      // Forgotten meanwhile, or read whole.
      if (known === null || this.#pools !== known) return
      for (const view of views) this.note(view.label, view)
      this.#after = last ?? ''
      if (last === null) this.#endRound(known)
      known.shortlists.offer(views)
      if (this.#pools === known) this.#later()
    } catch {
      if (this.#pools === known) this.forget()
    }
  }

  #endRound(known: Remembered): void {
    known.deleteOlder(this.#round)
    this.#after = ''
    this.#round++
    if (known.views.length <= smallFleet) this.forget()
  }
}

/** Each pool at a place of its own, so that one of ten thousand changes without a new list of them. */
class Remembered implements Fleet {
  readonly views: PoolView[] = []
  readonly shortlists = new Shortlists(this)
  /** The round in which each was seen last. */
  readonly #rounds: number[] = []
  readonly #places = new Map<string, number>()

  get(label: string): PoolView | undefined {
    const at = this.#places.get(label)
    return at === undefined ? undefined : this.views[at]
  }

  set(view: PoolView, round: number): void {
    const at = this.#places.get(view.label) ?? this.views.length
    const known = this.views[at]
    // Mostly nothing has changed: what is new and stays would be copied when young objects are collected, for 7 to 11 ms each time.
    if (known === undefined || !isAlike(known, view)) this.views[at] = view
    this.#rounds[at] = round
    this.#places.set(view.label, at)
  }

  delete(label: string): void {
    const at = this.#places.get(label)
    if (at === undefined) return
    this.#places.delete(label)
    const [last, round] = [this.views.pop() as PoolView, this.#rounds.pop() as number]
    // The last one takes its place.
    if (at === this.views.length) return
    this.views[at] = last
    this.#rounds[at] = round
    this.#places.set(last.label, at)
  }

  /** Those that were not seen in this round. */
  deleteOlder(round: number): void {
    for (const { label } of this.views.filter((_, at) => this.#rounds[at] !== round)) this.delete(label)
  }
}

/** Whether both say the same. Reports are kept parsed (`pool-views.ts`): the same text is the same object. */
function isAlike(one: PoolView, other: PoolView): boolean {
  for (const key of Object.keys(one) as (keyof PoolView)[]) {
    if (key !== 'zone' && one[key] !== other[key]) return false
  }
  return one.zone.id === other.zone.id && one.zone.name === other.zone.name
}
