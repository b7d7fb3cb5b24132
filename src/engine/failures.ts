/** How what a step throws, or its operation's deadline, is told. */
import type { OperationPlan } from '../model/operations/plan.ts'
import { StepFailure, type Cause } from './operation.ts'

/** `last`: the last problem on the way, if there was one. */
export const tooLate = (plan: OperationPlan, last: string | null): Cause => ({
  code: 'deadline',
  message: `Not finished within ${plan.deadlineS} seconds${last === null ? '.' : `; the last problem was: ${last}`}`,
  retryable: true,
})

/** Anything but a {@link StepFailure} is tried again. */
export function asFailure(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StepFailure('retry', { code: 'unexpected', message, retryable: true }, { cause: error })
}
