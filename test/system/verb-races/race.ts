/** Two verbs at the same moment on the same share, again and again, with no more than luck between them. */
import { RemoveForUpdate } from './unlocked.ts'
import { openStore, type Store } from '../../../src/db/open.ts'
import { DatabaseBusy } from '../../../src/db/unavailable.ts'
import { Fault } from '../../../src/model/errors.ts'
import type { Pair, Verb } from './verbs.ts'
import type { Subject, World } from './world.ts'

export interface Score {
  readonly pair: Pair
  rounds: number
  /** Rounds in which only this one succeeded. */
  one: number
  other: number
  both: number
  neither: number
  /** Of those that both won: the order of their work is one in which the second should have been refused. */
  wrongOrder: number
  /** Transactions that were run again, because of a deadlock or the like. */
  repeats: number
  /** What is no refusal: it would be a 500. */
  readonly unexpected: unknown[]
}

/** The same database without turns: what the tests must find out. */
export async function openUnlocked(url: string, max: number): Promise<Store> {
  const store = await openStore(url, { max })
  const db = store.db.withPlugin(new RemoveForUpdate())
  return {
    ...store,
    db,
    transaction: (body) => store.transaction((tx) => body(tx.withPlugin(new RemoveForUpdate()) as never)),
  }
}

/** Milliseconds; one step of a lead that grows for whoever keeps losing. */
const step = 0.15
const maxLead = 6

/**
 * Runs the pair on each subject. Both are sent in the same turn of the event loop, in turns the one and the other first; who loses
 * more often gets a small lead, so that both win.
 */
export async function race(
  world: World,
  pair: Pair,
  rounds: number,
  { store = world.store }: { readonly store?: Store } = {},
): Promise<Score> {
  const score: Score = {
    pair,
    rounds: 0,
    one: 0,
    other: 0,
    both: 0,
    neither: 0,
    wrongOrder: 0,
    repeats: 0,
    unexpected: [],
  }
  const attempt = (verb: Verb, subject: Subject) => attemptOn(world, store, verb, subject)
  let lead = 0
  for (const subject of await world.subjects(pair.start, rounds)) {
    const late = async (verb: Verb, ms: number) => {
      await pause(ms)
      return attempt(verb, subject)
    }
    const one = () => late(pair.one, Math.max(0, -lead))
    const other = () => late(pair.other, Math.max(0, lead))
    const started = score.rounds++ % 2 === 0 ? [one(), other()] : [other(), one()].reverse()
    const [first, second] = (await Promise.all(started)) as [Outcome, Outcome]
    score.repeats += first.repeats + second.repeats
    for (const { error } of [first, second]) if (error !== null) score.unexpected.push(error)
    const winner = first.won ? (second.won ? 'both' : 'one') : second.won ? 'other' : 'neither'
    score[winner]++
    if (winner === 'both' && (await isWrongOrder(world, first, second))) score.wrongOrder++
    const ahead = winner === 'one' ? -1 : winner === 'other' ? 1 : 0
    lead = Math.max(-maxLead, Math.min(maxLead, lead + (-ahead + (Math.random() - 0.5) / 2) * -step))
  }
  return score
}

export interface Outcome {
  readonly won: boolean
  readonly requestId: string
  readonly repeats: number
  readonly error: unknown
}

/** One verb in one transaction, as one request. */
export async function attemptOn(world: World, store: Store, verb: Verb, subject: Subject): Promise<Outcome> {
  const requestId = `req-${Math.random().toString(16).slice(2)}`
  let runs = 0
  try {
    const answer = await store.transaction((tx) => {
      runs++
      return verb.run({ ...world.ctx(tx), requestId }, subject)
    })
    return { won: answer !== false, requestId, repeats: runs - 1, error: null }
  } catch (error) {
    const refused = error instanceof Fault && error.status < 500
    return {
      won: false,
      requestId,
      repeats: runs - 1,
      error: refused || error instanceof DatabaseBusy ? null : error,
    }
  }
}

/** Their work waits in the same lane, the other's before the one's. Nothing is known of verbs that leave none there. */
async function isWrongOrder(world: World, one: Outcome, other: Outcome): Promise<boolean> {
  const places = await world.store.db
    .selectFrom('operation_lanes')
    .innerJoin('operations', 'operations.id', 'operation_lanes.operation_id')
    .select(['operation_lanes.lane', 'operation_lanes.lane_seq', 'operations.request_id'])
    .where('operations.request_id', 'in', [one.requestId, other.requestId])
    .execute()
  return places.some((mine) =>
    places.some(
      (theirs) =>
        mine.request_id === one.requestId &&
        theirs.request_id === other.requestId &&
        mine.lane === theirs.lane &&
        mine.lane_seq > theirs.lane_seq,
    ),
  )
}

/** Shorter than a timer can be. */
async function pause(ms: number): Promise<void> {
  const until = performance.now() + ms
  while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve))
}
