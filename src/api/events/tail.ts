/**
 * The newest events of all projects, read once for everybody in this process who follows them. It looks when the bus says that
 * there are new ones, and every second in case the bus is silent; while nobody follows, it does nothing. The latest stay in memory;
 * who is further behind reads the database.
 */
import type { Bus } from '../../bus/bus.ts'
import { eventsBetween, newestNumber, orderEvents, type OrderedEvent } from '../../db/store/event-order.ts'
import type { Store } from '../../db/open.ts'
import { every, type JobLog, type Periodic } from '../../engine/periodic.ts'
import { withoutStatementBudget } from '../../runtime/statement-budget.ts'

/** Milliseconds between two looks that nobody asked for. */
const lookMs = 1000
/** Events read at once. */
const batch = 500
/** Events kept in memory, some 400 bytes each. */
const kept = 2000

export interface TailParts {
  readonly store: Store
  readonly bus: Bus
  readonly log: JobLog
}

export class EventTail {
  readonly #parts: TailParts
  /** In order, without a gap up to {@link position}. */
  #events: OrderedEvent[] = []
  /** The number before the first of those kept. */
  #before = 0
  #position = 0
  /** Each waking has one of its own: a look that began before the last sleep ends without a trace. */
  #job: Periodic | null = null
  #first: Promise<void> | null = null
  #unserve: (() => void)[] = []
  readonly #waiting = new Set<() => void>()
  #followers = 0
  #falling: Promise<void> = Promise.resolve()

  constructor(parts: TailParts) {
    this.#parts = parts
  }

  /** Everything up to this number has been read. */
  get position(): number {
    return this.#position
  }

  /** How many follow now. */
  get followers(): number {
    return this.#followers
  }

  /** Resolves when {@link position} is known; rejects when the database can't be read. Answers what ends it. */
  async follow(): Promise<() => void> {
    this.#followers++
    let following = true
    const leave = (): void => {
      if (!following) return
      following = false
      if (--this.#followers === 0) this.#falling = this.#sleep()
    }
    try {
      // It reads for everybody and for as long as anybody follows: not on the time of the request that came first.
      await (this.#first ??= withoutStatementBudget(() => this.#wake()))
    } catch (error) {
      leave()
      throw error
    }
    return leave
  }

  /** What is kept behind `after`; null when some of that is not kept any more. */
  since(after: number): readonly OrderedEvent[] | null {
    if (after < this.#before) return null
    if (after >= this.#position) return []
    return this.#events.slice(this.#events.findLastIndex(({ seq }) => seq <= after) + 1)
  }

  /** Resolves when there is more than `after`, `ms` are over, the follower is `gone`, or {@link wakeAll} was called. */
  wait(after: number, ms: number, gone: AbortSignal): Promise<void> {
    if (this.#position > after || gone.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        gone.removeEventListener('abort', done)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      gone.addEventListener('abort', done)
      this.#waiting.add(done)
    })
  }

  wakeAll(): void {
    for (const done of this.#waiting) done()
  }

  /** Resolves when nothing of it asks the database any more. */
  async close(): Promise<void> {
    await Promise.all([this.#falling, this.#sleep()])
  }

  async #wake(): Promise<void> {
    const { store, bus, log } = this.#parts
    try {
      while ((await orderEvents(store)) > 0);
      this.#position = await newestNumber(store.db)
    } catch (error) {
      this.#first = null
      throw error
    }
    this.#events = []
    this.#before = this.#position
    const job: Periodic = every(lookMs, 'events', log, () => this.#look(job))
    this.#job = job
    this.#unserve = [bus.serve('events', 'events.written', () => job.nudge()), bus.onGap(() => job.nudge())]
  }

  async #sleep(): Promise<void> {
    const job = this.#job
    this.#job = null
    this.#first = null
    for (const end of this.#unserve) end()
    this.#unserve = []
    await job?.stop()
  }

  async #look(job: Periodic): Promise<void> {
    const { store } = this.#parts
    while ((await orderEvents(store)) > 0);
    for (;;) {
      const range = { after: this.#position, upTo: Number.MAX_SAFE_INTEGER }
      const events = await eventsBetween(store.db, range, null, batch)
      const last = events.at(-1)
      if (last === undefined || this.#job !== job) return
      this.#events.push(...events)
      if (this.#events.length > kept) {
        const gone = this.#events.splice(0, this.#events.length - kept)
        this.#before = gone.at(-1)?.seq ?? this.#before
      }
      this.#position = last.seq
      this.wakeAll()
      if (events.length < batch) return
    }
  }
}
