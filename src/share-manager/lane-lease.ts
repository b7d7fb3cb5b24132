/**
 * A share instance's lane, taken by a reconciler between operations. While it is held no operation of the instance runs,
 * in any process; it is taken only when none waits, so that users' requests come first.
 */
import { randomUUID } from 'node:crypto'
import type { Tx } from '../db/schema.ts'
import { keepLease, releaseLeases, renewLeases, renewMs, takeIdleLane } from '../db/store/leases.ts'
import { waitingIn } from '../db/store/operation-queue.ts'
import { Hold, monotonicMs } from '../engine/hold.ts'
import { busTopic } from '../engine/topics.ts'
import { instanceLane } from '../model/lanes.ts'
import type { ShareParts } from './parts.ts'

export interface LaneLease {
  readonly instanceId: string
  readonly fence: number
  /** False once the lease may have run out. */
  owned(): boolean
  /** Throws {@link LeaseLost} unless the lane is still ours; call it first in every transaction under the lease. */
  check(tx: Tx): Promise<void>
  /** Lets the lane go with the transaction, which is the last that is written under the lease; else that is one more. */
  leave(tx: Tx): Promise<void>
}

/** Somebody else works in the lane now; what was about to be written must not be. */
export class LeaseLost extends Error {
  constructor(instanceId: string) {
    super(`the lane of share instance ${instanceId} was taken by somebody else`)
    this.name = 'LeaseLost'
  }
}

/** Runs `work` with the lane, or answers `busy` without running it. */
export function withLane<T>(
  parts: ShareParts,
  instanceId: string,
  work: (lease: LaneLease) => Promise<T>,
): Promise<T | 'busy'> {
  return beginInLane(parts, instanceId, { begin: async () => null, work })
}

/** The same for work that begins with a transaction: that one takes the lane as well. */
export async function beginInLane<B, T>(
  parts: ShareParts,
  instanceId: string,
  { begin, work }: { begin(tx: Tx): Promise<B>; work(lease: LaneLease, begun: B): Promise<T> },
): Promise<T | 'busy'> {
  const lane = instanceLane(instanceId)
  // A name of its own: a worker of the same process must find the lane taken.
  const holder = `${parts.holder}/${randomUUID()}`
  const hold = new Hold()
  const askedAtMs = monotonicMs()
  const taken = await parts.store.transaction(async (tx) => {
    const lease = await takeIdleLane(tx, parts.store, lane, holder)
    return lease === null ? null : { fence: lease.fence, begun: await begin(tx) }
  })
  if (taken === null) return 'busy'
  hold.taken([lane], askedAtMs)
  const renewal = setInterval(() => void renew(parts, holder, hold), renewMs)
  renewal.unref()
  let left = false
  let done = false
  try {
    const lease: LaneLease = {
      instanceId,
      fence: taken.fence,
      owned: () => hold.lasts,
      check: (tx) => check(tx, lane, holder, instanceId),
      leave: (tx) => {
        left = true
        return releaseLeases(tx, [lane], holder)
      },
    }
    const answer = await work(lease, taken.begun)
    done = true
    return answer
  } finally {
    clearInterval(renewal)
    // What it left with may not have been committed when it failed.
    if (!left || !done) await releaseLeases(parts.store.db, [lane], holder)
    await wakeLane(parts, lane)
  }
}

async function check(tx: Tx, lane: string, holder: string, instanceId: string): Promise<void> {
  if (!(await keepLease(tx, lane, holder))) throw new LeaseLost(instanceId)
}

async function renew(parts: ShareParts, holder: string, hold: Hold): Promise<void> {
  const askedAtMs = monotonicMs()
  // A renewal that fails is one of the two that a lease outlives; then the hold ends by itself.
  const held = await renewLeases(parts.store, holder).catch(() => new Set<string>())
  if (hold.lanes.every((lane) => held.has(lane))) hold.renewed(askedAtMs)
}

/** What was enqueued while the lane was held found it taken: it is told that it may go. */
async function wakeLane(parts: ShareParts, lane: string): Promise<void> {
  for (const { id, topic, backend_id } of await waitingIn(parts.store.db, [lane])) {
    parts.bus.cast(busTopic(topic, backend_id), 'operation.due', { operationId: id })
  }
}
