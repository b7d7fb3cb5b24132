/** Steps in the form in which tests wrap them. */
import type { EffectStep, StepCode } from './operation.ts'
import type { OperationKind } from '../model/operations.ts'

/** The step as one that runs: what it only writes is its commit. */
export function asEffect<Kind extends OperationKind>(step: StepCode<Kind>): EffectStep<Kind> {
  if ('run' in step) return step
  const { write: _, ...rest } = step
  return {
    ...rest,
    run: async (job) => ({ commit: (tx, record) => step.write(tx, job, record) }),
  }
}
