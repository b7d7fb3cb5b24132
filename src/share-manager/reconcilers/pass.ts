/** One pass over the rules of a share instance or a snapshot instance: what both have in common. */
import { isDriverError, type RuleOutcome } from '../../storage/contract/driver.ts'

/** What became of one pass over the rules of one share instance or snapshot instance. */
export type Pass =
  /** Nothing is left to do. */
  | { readonly end: 'done' }
  /** An operation has the lane, or rules changed meanwhile: look again. */
  | { readonly end: 'again'; readonly soon: boolean }
  /** The backend did not answer for certain. */
  | { readonly end: 'retry'; readonly error: unknown; readonly afterS: number | null }

export type Retry = Extract<Pass, { readonly end: 'retry' }>

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
