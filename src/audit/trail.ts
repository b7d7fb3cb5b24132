/**
 * The audit trail of one process. Its promise, in order of what matters:
 *
 * - a change is not answered before its event is in the database: it is written in the change's own transaction ({@link write}), or,
 *   where a change is several of them, before it as begun and after it with its end ({@link begin}). Nothing of these is lost at a kill;
 * - logins, refusals and what else changes nothing are written together once a second: a kill loses that second of them, a
 *   database that is away costs what does not fit into the queue, which is counted. They never hold up a request;
 * - each event goes to the stream as well, if there is one, after it is true.
 */
import { randomUUID } from 'node:crypto'
import type { Store } from '../db/open.ts'
import type { Tx } from '../db/schema.ts'
import {
  countAuditEvents,
  dropAuditEvent,
  insertAuditEvents,
  missingAuditEvents,
  purgeAuditEvents,
  settleAuditEvent,
} from '../db/store/audit-events.ts'
import { cadfOf, type AuditEvent } from '../model/audit.ts'
import { isoMicros, type Clock } from '../runtime/clock.ts'
import { withoutStatementBudget } from '../runtime/statement-budget.ts'
import type { AuditStream, SinkState } from './stream.ts'
import { Tallies } from './tallies.ts'

export interface AuditLog {
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}

export interface TrailParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: AuditLog
  readonly stream: AuditStream | null
  /** Events that wait for the database at most. */
  readonly queue: number
  /** Microseconds that events are kept; 0 = for ever. */
  readonly keptUs: number
  readonly counted?: (event: AuditEvent) => void
}

/** What is not known before it is written. */
export type NewEvent = Omit<AuditEvent, 'id' | 'at' | 'lastAt' | 'count'>

/** What is written together. */
interface Batch {
  /** The first of those that wait. */
  readonly events: readonly AuditEvent[]
  readonly counted: readonly AuditEvent[]
}

/** Milliseconds: how much of what is not a change a kill may lose. */
const flushMs = 1000
/** Waiting ones after which it is not waited for the second. */
const flushAt = 500
const purgeMs = 600_000

export class AuditTrail {
  readonly #parts: TrailParts
  readonly #tallies = new Tallies()
  readonly #timers: NodeJS.Timeout[]
  #waiting: AuditEvent[] = []
  /** It failed, or only its answer was lost. It stays apart: what comes later must neither be taken for written with it nor written twice. */
  #doubtful: Batch | null = null
  #flushing: Promise<void> | null = null
  #dropped = 0
  #isOk = true
  #since: number
  #reason = ''

  constructor(parts: TrailParts) {
    this.#parts = parts
    this.#since = parts.clock.now()
    const timer = (ms: number, work: () => Promise<unknown>): NodeJS.Timeout =>
      setInterval(() => void withoutStatementBudget(work), ms).unref()
    this.#timers = [timer(flushMs, () => this.flush()), timer(purgeMs, () => this.purge())]
  }

  /** The event of a change, in its transaction; {@link told} follows the commit. */
  async write(tx: Tx, event: NewEvent): Promise<AuditEvent> {
    const whole = this.#made(event)
    await insertAuditEvents(tx, [whole])
    return whole
  }

  /** After the commit. */
  told(event: AuditEvent): void {
    this.#parts.counted?.(event)
    this.#say(event)
  }

  /** Before a change that is no single transaction; each is ended by {@link end}. Throws when it can't be written: then nothing may be done. */
  async begin(event: NewEvent): Promise<AuditEvent> {
    const whole = this.#made({ ...event, outcome: 'pending' })
    await insertAuditEvents(this.#parts.store.db, [whole])
    return whole
  }

  /** How it ended. Never throws: what was done is done, and the row says that it was begun. */
  async end(
    begun: AuditEvent,
    end: Partial<AuditEvent> & Pick<AuditEvent, 'outcome' | 'reason'>,
  ): Promise<void> {
    const event = { ...begun, ...end, lastAt: this.#parts.clock.now() }
    await this.#settled(begun, (store) => settleAuditEvent(store.db, event))
    this.told(event)
  }

  /** It was refused, and is counted as that; nothing was done. Never throws. */
  async forget(begun: AuditEvent): Promise<void> {
    await this.#settled(begun, (store) => dropAuditEvent(store.db, begun.id))
  }

  async #settled(begun: AuditEvent, write: (store: Store) => Promise<void>): Promise<void> {
    const { store, log } = this.#parts
    // The request may have spent its time: its event is written all the same.
    await withoutStatementBudget(() => write(store)).catch((error: unknown) =>
      log.warn(
        { err: error, request_id: begun.requestId },
        'how an audited change ended could not be written',
      ),
    )
  }

  /** One that changes nothing and is listed: a login. */
  note(event: NewEvent): void {
    if (this.#waiting.length >= this.#parts.queue) {
      this.#dropped++
      return
    }
    const whole = this.#made(event)
    this.#waiting.push(whole)
    this.told(whole)
    if (this.#waiting.length >= flushAt && this.#isOk) void withoutStatementBudget(() => this.flush())
  }

  /** One of which there may be very many. The stream has the first of each minute; the row, how many there were. */
  count(event: NewEvent): void {
    const { isFirst, event: counted } = this.#tallies.add(this.#made(event))
    this.#parts.counted?.(counted)
    if (isFirst) this.#say(counted)
  }

  get state(): { readonly rows: SinkState; readonly stream: SinkState } {
    return {
      rows: {
        state: this.#isOk ? 'ok' : 'failing',
        since: this.#since,
        waiting: this.#waiting.length + this.#tallies.size + (this.#doubtful?.counted.length ?? 0),
        dropped: this.#dropped,
        reason: this.#reason,
      },
      stream: this.#parts.stream?.state ?? {
        state: 'off',
        since: this.#since,
        waiting: 0,
        dropped: 0,
        reason: '',
      },
    }
  }

  /** Writes what waits. Never throws. */
  flush(): Promise<void> {
    return (this.#flushing ??= this.#write().finally(() => (this.#flushing = null)))
  }

  /** The log is opened anew. */
  reopen(): void {
    this.#parts.stream?.reopen()
  }

  /** Takes away what is old, a few hundred rows at a time. Never throws. */
  async purge(): Promise<void> {
    const { store, clock, keptUs, log } = this.#parts
    if (keptUs === 0) return
    try {
      while ((await purgeAuditEvents(store.db, clock.now() - keptUs)) > 0);
    } catch (error) {
      log.warn({ err: error }, 'old audit events could not be taken away; it is tried again')
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.flush()
    await this.flush()
    await this.#parts.stream?.close()
  }

  #made(event: NewEvent): AuditEvent {
    const now = this.#parts.clock.now()
    return { ...event, id: randomUUID(), at: now, lastAt: now, count: 1 }
  }

  #say(event: AuditEvent): void {
    this.#parts.stream?.line(JSON.stringify(cadfOf(event, (micros) => `${isoMicros(micros)}Z`)))
  }

  async #write(): Promise<void> {
    const { queue } = this.#parts
    if (this.#doubtful !== null && !(await this.#put(this.#doubtful))) return
    const batch = { events: this.#waiting.slice(0, queue), counted: this.#tallies.take() }
    if (batch.events.length + batch.counted.length > 0) await this.#put(batch)
  }

  /** All of it in one transaction: if its events are there, its counts are. Answers whether it is there now. */
  async #put(batch: Batch): Promise<boolean> {
    const { events, counted } = batch
    const isDoubtful = batch === this.#doubtful
    try {
      await this.#parts.store.transaction(async (tx) => {
        if (isDoubtful && events.length > 0 && (await missingAuditEvents(tx, events)).length === 0) return
        await insertAuditEvents(tx, events)
        await countAuditEvents(tx, counted)
      })
      this.#waiting = this.#waiting.slice(events.length)
      this.#doubtful = null
      this.#became(true, '')
      return true
    } catch (error) {
      this.#doubtful = batch
      this.#became(false, error instanceof Error ? error.message : String(error))
      return false
    }
  }

  #became(isOk: boolean, reason: string): void {
    this.#reason = reason
    if (isOk === this.#isOk) return
    this.#isOk = isOk
    this.#since = this.#parts.clock.now()
    if (isOk) this.#parts.log.info({}, 'audit events are written again')
    else this.#parts.log.warn({ reason }, 'audit events can not be written; they wait, as many as fit')
  }
}
