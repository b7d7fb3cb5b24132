/** What one client follows, and how it goes on: from the tail while it keeps up, from the database when it is further behind. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FollowEvents } from '../../app/events/sight.ts'
import {
  eventsBetween,
  oldestNumber,
  passes,
  type EventFilter,
  type OrderedEvent,
} from '../../db/store/event-order.ts'
import type { DbOrTx } from '../../db/schema.ts'
import { invalid } from '../../model/errors.ts'
import type { EventTail } from './tail.ts'
import { changeText, messageText } from './view.ts'

/** Answered by a handler instead of a body. */
export class EventFeed {
  readonly wanted: FollowEvents
  /** As the query says it, for clients that can't send a header. */
  readonly lastEventId: string | undefined
  constructor(wanted: FollowEvents, lastEventId: string | undefined) {
    this.wanted = wanted
    this.lastEventId = lastEventId
  }
}

/** Of the last event that a client has; null = it has none, and begins with the next one. 400 for what is no number of an event. */
export function numberOf(lastEventId: string | undefined): number | null {
  if (lastEventId === undefined || lastEventId === '') return null
  const number = Number(lastEventId)
  if (!/^\d{1,16}$/.test(lastEventId) || !Number.isSafeInteger(number)) {
    throw invalid('Last-Event-ID must be the id of an event of this stream')
  }
  return number
}

/** Milliseconds after which the rights are read again; the promise is {@link promisedMs}, of which reading them may take the rest. */
const rightsMs = 3500
/** Milliseconds: nothing is sent by rights that are older. */
const promisedMs = 5000
/** Milliseconds of silence after which a client hears that the stream lives; below the 30 s of many proxies. */
const heartbeatMs = 15_000
/** Events read and sent at once. */
const batch = 200
/** Milliseconds in which what comes together is sent together. */
const gatherMs = 20

/** Why a stream was ended; a client that is not told so was cut off. */
export type StreamEnd = 'session' | 'forbidden' | 'unavailable' | 'closing'

export interface FeedParts {
  readonly db: DbOrTx
  readonly tail: EventTail
  /** What the caller may see now, or why it may see nothing any more. */
  readonly rights: () => Promise<EventFilter | StreamEnd>
  /** Runs a read of the database in the project's line. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
  /** True when the process leaves. */
  readonly closing: () => boolean
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal
}

/** The text of the stream, piece by piece as the client takes it. `first`: rights read just now. */
export async function* feedText(
  after: number | null,
  first: EventFilter,
  { db, tail, rights, inTurn, closing, gone }: FeedParts,
): AsyncGenerator<string> {
  let filter = first
  let readAt = performance.now()
  let position = after ?? tail.position
  if (after !== null && (await inTurn(() => isLost(db, after, tail.position)))) {
    position = tail.position
    yield messageText('reset', { reason: 'events in between are gone: read everything again' }, position)
  } else {
    yield messageText('hello', { types: filter.types }, position)
  }
  let spokeAt = performance.now()
  while (!gone.aborted) {
    if (closing()) return yield messageText('end', { reason: 'closing' satisfies StreamEnd })
    const now = performance.now()
    if (now - readAt >= rightsMs) {
      const read = await rights()
      if (typeof read === 'string') return yield messageText('end', { reason: read })
      filter = read
      readAt = now
    }
    const upTo = tail.position
    const kept = tail.since(position)
    let events: readonly OrderedEvent[]
    if (kept === null) {
      const range = { after: position, upTo }
      events = await inTurn(() => eventsBetween(db, range, filter, batch))
      // The line of the project may be long: what was read by rights of before is read again.
      if (performance.now() - readAt >= promisedMs) continue
      position = events.length === batch ? (events.at(-1)?.seq ?? upTo) : upTo
    } else {
      events = kept.filter((event) => passes(filter, event))
      position = upTo
    }
    if (events.length > 0) {
      yield events.map(changeText).join('')
      spokeAt = performance.now()
      continue
    }
    if (performance.now() - spokeAt >= heartbeatMs) {
      yield messageText('beat', {}, position)
      spokeAt = performance.now()
    }
    const left = Math.min(rightsMs - (now - readAt), heartbeatMs - (performance.now() - spokeAt))
    await tail.wait(position, Math.max(1, left), gone)
    if (tail.position > position) await sleep(gatherMs)
  }
}

/** Whether a reader who had `after` can't be told everything since: what it missed was purged, or the number is from another database. */
async function isLost(db: DbOrTx, after: number, newest: number): Promise<boolean> {
  if (after > newest) return true
  if (after === newest) return false
  const oldest = await oldestNumber(db)
  return oldest === null || after < oldest - 1
}
