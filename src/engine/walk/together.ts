/** Several things in one transaction, as far as that goes; and one by one when something of them failed. */
import { DatabaseUnavailable } from '../../db/unavailable.ts'
import type { Tx } from '../../db/schema.ts'
import { releaseLeases } from '../../db/store/leases.ts'
import { LostLane, NotAllFree, type Claimed, type OperationRow } from '../../db/store/operation-records.ts'
import { onwards, type Onwards, type OnwardsScope } from '../onwards.ts'
import type { RunEnd } from '../run-end.ts'
import { jobOf } from './job.ts'
import { finished, tellHandOver } from './leaving.ts'
import type { Walk } from './walk.ts'

/**
 * A transaction for several things at once. When one of them fails it is done again with nothing but the first, and so is all
 * that follows: whatever fails then is on record as what it is.
 */
export async function together<T>(
  walk: Walk,
  body: (tx: Tx, last: OnwardsScope['last']) => Promise<T>,
): Promise<T> {
  const whole = async (tx: Tx): Promise<T> => {
    const works: ((tx: Tx) => Promise<void>)[] = []
    const answer = await body(tx, (work) => void works.push(work))
    for (const work of works) await work(tx)
    return answer
  }
  try {
    return await walk.parts.store.transaction(whole)
  } catch (error) {
    const isOver = error instanceof LostLane || error instanceof NotAllFree
    if (walk.oneByOne || isOver || error instanceof DatabaseUnavailable) throw error
    walk.oneByOne = true
    return walk.parts.store.transaction(whole)
  }
}

/** `onwards.ts`, with what this walk knows. */
export function goOnwards(
  walk: Walk,
  tx: Tx,
  at: Claimed,
  pending: Partial<OperationRow> | null,
  scope: Pick<OnwardsScope, 'parent' | 'held' | 'last'> & Partial<Pick<OnwardsScope, 'releaseLanes'>>,
): Promise<Onwards> {
  const now = walk.parts.clock.now()
  return onwards(tx, at, pending, {
    releaseLanes: () => releaseLeases(tx, at.lanes, walk.parts.holder),
    ...scope,
    plan: walk.plan,
    code: walk.code,
    now,
    oneByOne: walk.oneByOne,
    family: walk.family(now),
    failpoint: walk.parts.failpoint,
    isHere: (on, backendId) => walk.isHere(on, backendId),
    jobOf: (claimed) => jobOf(walk, new AbortController().signal, claimed),
  })
}

/** Takes over what a transaction came to. */
export function arrive(
  walk: Walk,
  at: Claimed,
  moved: Onwards | Extract<RunEnd, { end: 'has-children' }>,
): RunEnd | null {
  walk.claimed = at
  walk.isBegun = moved === 'begun'
  if (typeof moved === 'string') return null
  if (moved.end === 'handed-over') tellHandOver(walk)
  return moved.end === 'finished' ? finished(walk, 'done', moved.due) : moved
}

/** Null where there is none; false where it is not held, so that nothing may end yet. */
export function parentOrFalse(walk: Walk): null | false {
  return (walk.row.parent_id ?? null) === null ? null : false
}
