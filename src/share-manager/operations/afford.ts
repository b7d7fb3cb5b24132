/** Quota that is charged when work ends, because only the backend knew the size. */
import { StepFailure } from '../../engine/operation.ts'
import { Fault } from '../../model/errors.ts'

/** Runs what charges; an excess ends the operation, which is undone: trying again does not make room. */
export async function withinQuota<T>(charge: () => Promise<T>): Promise<T> {
  try {
    return await charge()
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'OverQuota') throw error
    const cause = { code: 'over-quota', message: error.message, retryable: false }
    throw new StepFailure('unwind', cause, { cause: error })
  }
}
