/** One pass over the rules of a share instance or a snapshot instance: what both have in common. */
import type { Tx } from '../../db/schema.ts'
import { isDriverError, type RuleOutcome } from '../../storage/contract/driver.ts'
import { beginInLane, LeaseLost, type LaneLease } from '../lane-lease.ts'
import type { ShareParts } from '../parts.ts'

/** What became of one pass over the rules of one share instance or snapshot instance. */
export type Pass =
  /** Nothing is left to do. */
  | { readonly end: 'done' }
  /** An operation has the lane, or rules changed meanwhile: look again. */
  | { readonly end: 'again'; readonly soon: boolean }
  /** The backend did not answer for certain. */
  | { readonly end: 'retry'; readonly error: unknown; readonly afterS: number | null }

export type Retry = Extract<Pass, { readonly end: 'retry' }>

/** A pass in the lane of a share instance: `begin` takes what is to be done, and null says that nothing is. */
export async function passIn<Work>(
  parts: ShareParts,
  instanceId: string,
  pass: { begin(tx: Tx): Promise<Work | null>; work(lease: LaneLease, work: Work): Promise<Pass> },
): Promise<Pass> {
  try {
    const ended = await beginInLane<Work | null, Pass>(parts, instanceId, {
      begin: pass.begin,
      work: async (lease, work) => (work === null ? { end: 'done' } : pass.work(lease, work)),
    })
    return ended === 'busy' ? { end: 'again', soon: false } : ended
  } catch (error) {
    if (error instanceof LeaseLost) return { end: 'again', soon: false }
    throw error
  }
}

/** With `apart` a set that is refused without a reason is looked through for the rules that are at fault. */
export type Apply = (options: { readonly apart: boolean }) => Promise<readonly RuleOutcome[]>

/**
 * What became of each rule, or that the backend is to be asked again: a failure that may pass is waited for until the `lastTry`; one that
 * will not is looked through, and `gaveUp` says what it means when that fails as well.
 */
export async function outcomesOrRetry(
  apply: Apply,
  lastTry: boolean,
  gaveUp: (last: unknown) => readonly RuleOutcome[] | Retry,
): Promise<readonly RuleOutcome[] | Retry> {
  try {
    return await apply({ apart: false })
  } catch (error) {
    const mayPass = !isDriverError(error) || error.outcome === 'maybe-happened' || error.retryAfterS !== null
    if (mayPass && !lastTry)
      return { end: 'retry', error, afterS: isDriverError(error) ? error.retryAfterS : null }
    return apply({ apart: true }).catch(gaveUp)
  }
}
