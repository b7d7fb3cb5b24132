/** How a parent waits for its children: without lease or slot, until the last of them wakes it. */
import type { Store } from '../db/open.ts'
import type { Tx } from '../db/schema.ts'
import { releaseLeases } from '../db/store/leases.ts'
import {
  askToStop,
  childrenOf,
  lockOperation,
  takingBack,
  type ChildRow,
  type Due,
} from '../db/store/operation-families.ts'
import { update, type Claimed } from '../db/store/operation-records.ts'
import { lanesOf } from '../db/store/operations-read.ts'
import { compensations, isOpen, startChildren, whenWoken, type FamilyTerms } from './families.ts'

const wait = async (
  tx: Tx,
  { row, lanes }: Claimed,
  { holder, now }: { readonly holder: string; readonly now: number },
): Promise<void> => {
  await update(tx, row, { not_before: whenWoken, updated_at: now })
  await releaseLeases(tx, lanes, holder)
}

/** The children that a step started, see `stepKey`; null when one is still open, and then the parent waits for the last of them. */
export async function whenOver(
  store: Store,
  at: Claimed,
  key: string,
  waiter: { readonly holder: string; readonly now: number },
): Promise<readonly ChildRow[] | null> {
  return store.transaction(async (tx) => {
    // Held, so that the last child finds this operation waiting, or is seen to be over.
    await lockOperation(tx, at.row.id)
    const children = await childrenOf(tx, at.row.id, key)
    if (!children.some(isOpen)) return children
    await wait(tx, at, waiter)
    return null
  })
}

export interface TakingBack {
  readonly holder: string
  readonly family: FamilyTerms
  /** Writes in the resource of a finished child that it is being taken back. */
  compensating(tx: Tx, finished: ChildRow): Promise<void>
}

/**
 * Stops what is open of a step's children, then takes back what is done. Answers whether nothing of them is left, or whom to wake
 * while the parent waits for them.
 */
export async function takeBackChildren(
  store: Store,
  at: Claimed,
  key: string,
  { holder, family, compensating }: TakingBack,
): Promise<boolean | readonly Due[]> {
  const { row } = at
  const { now, plans } = family
  return store.transaction(async (tx) => {
    await lockOperation(tx, row.id)
    const children = await childrenOf(tx, row.id, key)
    const open = children.filter(isOpen)
    if (open.length > 0) {
      await wait(tx, at, { holder, now })
      return askToStop(
        tx,
        open.map(({ id }) => id),
        now,
      )
    }
    const takenBack = await childrenOf(tx, row.id, takingBack(key))
    if (takenBack.some(isOpen)) {
      await wait(tx, at, { holder, now })
      return []
    }
    const clean = ![...children, ...takenBack].some((child) => child.leftBehind)
    if (takenBack.length > 0) return clean && takenBack.every(({ state }) => state === 'done')
    const wanted = compensations(children, await lanesOf(tx, children), plans)
    if (wanted.length === 0) return clean
    for (const { finished } of wanted) await compensating(tx, finished)
    const all = wanted.map(({ child }) => child)
    const due = await startChildren(tx, row, takingBack(key), all, family)
    await wait(tx, at, { holder, now })
    return due
  })
}
