/** Sends a feed: who may, for how long, and what becomes of it when somebody goes. */
import { Readable } from 'node:stream'
import { sightOf } from '../../app/events/sight.ts'
import type { EventFilter } from '../../db/store/event-order.ts'
import type { Store } from '../../db/open.ts'
import { Fault } from '../../model/errors.ts'
import type { Identity } from '../../model/identity.ts'
import type { Policy } from '../../policy/enforce.ts'
import type { PlaceWords, Places } from '../gate.ts'
import { feedText, numberOf, type EventFeed, type FeedParts, type StreamEnd } from './feed.ts'
import type { EventTail } from './tail.ts'

export const manyStreams: PlaceWords = {
  each: (most) =>
    `You follow ${most} streams of events, the most at once: end one, or let your tabs share it.`,
  all: (most) => `${most} streams of events are followed, the most at once: poll, or try again later.`,
}

/** Milliseconds: how old what is remembered of a token may be when the rights are read again; streams of one token share a reading. */
export const rememberedMs = 500

export interface SendParts extends Pick<FeedParts, 'inTurn' | 'closing' | 'gone'> {
  readonly store: Store
  readonly policy: Policy
  readonly tail: EventTail
  readonly followers: Places
  /** Of the request. */
  readonly identity: Identity
  /** The header. */
  readonly lastEventId: string | undefined
  /** Who presents the request's token now; throws as for any request. */
  readonly identify: () => Promise<Identity>
  readonly failed: (error: unknown) => void
}

/** Throws what refuses the request; later the stream itself says why it ends. */
export async function sendFeed(feed: EventFeed, parts: SendParts): Promise<Readable> {
  const { policy, identity, tail, store, inTurn, closing, gone } = parts
  const after = numberOf(parts.lastEventId ?? feed.lastEventId)
  const first = sightOf(policy, identity, feed.wanted)
  const leavePlace = parts.followers.take(identity.userId)
  let leaveTail = (): void => {}
  const leave = (): void => {
    leaveTail()
    leavePlace()
  }
  try {
    leaveTail = await inTurn(() => tail.follow())
  } catch (error) {
    leave()
    throw error
  }
  const rights = () => rightsNow(feed, parts)
  const text = feedText(after, first, { db: store.db, tail, rights, inTurn, closing, gone })
  const stream = Readable.from(told(text, parts.failed), { objectMode: false, highWaterMark: 1 })
  if (gone.aborted) leave()
  else gone.addEventListener('abort', leave, { once: true })
  return stream
}

async function rightsNow(
  feed: EventFeed,
  { identify, policy, identity }: SendParts,
): Promise<EventFilter | StreamEnd> {
  try {
    const now = await identify()
    if (now.userId !== identity.userId || now.projectId !== identity.projectId) return 'session'
    return sightOf(policy, now, feed.wanted)
  } catch (error) {
    const status = error instanceof Fault ? error.status : 503
    return status === 401 ? 'session' : status === 403 ? 'forbidden' : 'unavailable'
  }
}

/** What breaks a stream is logged where it broke; the client sees an answer that was cut, and comes again. */
async function* told(text: AsyncGenerator<string>, failed: (error: unknown) => void): AsyncGenerator<Buffer> {
  try {
    for await (const piece of text) yield Buffer.from(piece)
  } catch (error) {
    failed(error)
    throw error
  }
}
