/**
 * Passes events on to listeners outside: each at least once, those of one resource in order, resumed where a dead process
 * stopped. Any number of processes may offer to do it; a lease says which one does. It refuses to know what listeners do.
 */
import type { Notifier } from '../bus/notifier.ts'
import type { NotificationSettings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import { advance, markSent, sentBefore, subjectsOf, unsentEvents } from '../db/store/notifications.ts'
import { Hold, monotonicMs } from '../engine/hold.ts'
import {
  confirmLease,
  ensureLane,
  releaseLeases,
  renewLeases,
  renewMs,
  takeLease,
} from '../db/store/leases.ts'
import { every, type JobLog, type Periodic } from '../engine/periodic.ts'
import type { Clock } from '../runtime/clock.ts'
import { auditShares } from './audit.ts'
import { messageOf } from './formats.ts'
import { notificationsOf, type Notification } from './payload.ts'

export interface RelayParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: JobLog
  readonly settings: NotificationSettings
  readonly notifier: Notifier
  /** Unique per process: who holds the lease. */
  readonly holder: string
}

export const relayLane = 'notifications'
/** Milliseconds between two looks for events. */
const lookMs = 500
/** Events read at once. */
const batch = 200
/** Events sent before they are marked: how many a death repeats at most. */
const chunk = 20
/**
 * Seconds within which an event may still turn up before newer ones: the longest transaction and the difference between
 * the hosts' clocks, with room.
 */
export const lateS = 300

/** Starts at once. */
export function startRelay(parts: RelayParts): Periodic & { stop(): Promise<void> } {
  const relay = new Relay(parts)
  const job = every(lookMs, 'notifications', parts.log, () => relay.turn())
  return {
    nudge: () => job.nudge(),
    async stop() {
      await job.stop()
      await relay.letGo()
    },
  }
}

class Relay {
  readonly #parts: RelayParts
  readonly #hold = new Hold()
  #fence: number | null = null
  #renewedAt = 0
  #position: number | null = null

  constructor(parts: RelayParts) {
    this.#parts = parts
  }

  async turn(): Promise<void> {
    const { store, clock, settings, notifier } = this.#parts
    // Whoever can't send leaves it to another.
    if (!notifier.ready) return this.letGo()
    if (!(await this.#lead())) return
    this.#position ??= await sentBefore(store, clock.now() - settings.backlog_s * 1_000_000)
    // Before the look: what is newer than this may yet be joined by something older.
    const settled = clock.now() - lateS * 1_000_000
    for (;;) {
      const events = await unsentEvents(store.db, this.#position, batch)
      if (events.length === 0) break
      const all = notificationsOf(events, await subjectsOf(store.db, events))
      for (let start = 0; start < all.length; start += chunk) {
        if (!(await this.#lead())) return
        await this.#send(all.slice(start, start + chunk))
      }
      if (events.length < batch) break
    }
    if (settled > this.#position + lateS * 100_000) {
      await advance(store, settled)
      this.#position = settled
    }
    await auditShares({
      ...this.#parts,
      send: async (some) => {
        if (!(await this.#lead())) throw new Error('another process sends notifications now')
        await this.#publish(some)
      },
    })
  }

  /** True while this process is the one. */
  async #lead(): Promise<boolean> {
    const { store, holder } = this.#parts
    const askedAt = monotonicMs()
    if (this.#fence !== null && this.#hold.lasts && askedAt - this.#renewedAt < renewMs) return true
    if (this.#fence !== null) {
      const held = await renewLeases(store, holder)
      if (held.has(relayLane) && (await confirmLease(store, relayLane, this.#fence))) {
        this.#hold.renewed(askedAt)
        this.#renewedAt = askedAt
        return true
      }
      this.#fence = null
      this.#position = null
    }
    const lease = await store.transaction(async (tx) => {
      await ensureLane(tx, relayLane)
      return takeLease(tx, store, relayLane, holder)
    })
    if (lease === null) return false
    this.#hold.taken([relayLane], askedAt)
    this.#renewedAt = askedAt
    this.#fence = lease.fence
    return true
  }

  async letGo(): Promise<void> {
    if (this.#fence === null) return
    this.#fence = null
    this.#position = null
    const { store, holder } = this.#parts
    await store.transaction((tx) => releaseLeases(tx, [relayLane], holder))
  }

  async #send(some: readonly Notification[]): Promise<void> {
    let sent = 0
    try {
      for (const one of some) {
        await this.#publish([one])
        sent++
      }
    } finally {
      await markSent(
        this.#parts.store,
        some.slice(0, sent).map(({ id, at }) => ({ id, created_at: at })),
      )
    }
  }

  /** One after the other: the order of what is not confirmed would be anybody's guess. */
  async #publish(some: readonly Notification[]): Promise<void> {
    const { notifier, settings } = this.#parts
    for (const one of some) {
      if (!this.#hold.lasts) throw new Error('the lease may have run out')
      await notifier.send(messageOf(one, settings.format, settings.topic))
    }
  }
}
