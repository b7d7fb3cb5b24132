/** One operation with its steps, as its owners may see it. */
import { type Ctx, scopeOf } from '../context.ts'
import { operationById, stepsOf, type OperationRow } from '../../db/store/operations-read.ts'
import { fault } from '../../model/errors.ts'
import { operationPlans, type OperationKind } from '../../model/operations.ts'

export interface StepShown {
  readonly name: string
  readonly state: 'pending' | 'started' | 'done' | 'undone'
  readonly attempts: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
}

/** 404 for another project's operation, as for one that does not exist. */
export async function findOperation(
  ctx: Ctx,
  id: string,
): Promise<{ operation: OperationRow; steps: StepShown[] }> {
  const operation = await operationById(ctx.db, scopeOf(ctx), id)
  if (operation === undefined) throw fault('OperationNotFound', { id: id.slice(0, 64) })
  const recorded = (await stepsOf(ctx.db, operation.id)).map((step) => ({
    name: step.name,
    state: step.state,
    attempts: step.attempts,
    startedAt: step.started_at,
    finishedAt: step.finished_at,
  }))
  return { operation, steps: [...recorded, ...stepsAhead(operation, recorded.length)] }
}

/** Steps that were never begun. Nothing is said about an operation that another version of this service planned. */
function stepsAhead(operation: OperationRow, begun: number): StepShown[] {
  if (!Object.hasOwn(operationPlans, operation.kind)) return []
  const plan = operationPlans[operation.kind as OperationKind]
  if (plan.version !== operation.version) return []
  return plan.steps.slice(begun).map(([name]) => ({
    name,
    state: 'pending',
    attempts: 0,
    startedAt: null,
    finishedAt: null,
  }))
}
