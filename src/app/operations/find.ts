/** One operation with its steps, as its owners may see it. */
import { type Ctx, scopeOf } from '../context.ts'
import { operationById, stepsOf, type OperationRow } from '../../db/store/operations-read.ts'
import { fault } from '../../model/errors.ts'
import { planOf } from '../../model/operations.ts'

export interface StepShown {
  readonly name: string
  readonly state: 'pending' | 'started' | 'done' | 'undone' | 'failed'
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
  const begun = await stepsOf(ctx.db, operation.id)
  const failed = failedStep(operation, begun)
  const recorded = begun.map((step): StepShown => ({
    name: step.name,
    state: step === failed ? 'failed' : isKept(operation, step) ? 'done' : step.state,
    attempts: step.attempts,
    startedAt: step.started_at,
    finishedAt: step.finished_at,
  }))
  return { operation, steps: [...recorded, ...stepsAhead(operation, recorded.length)] }
}

type StepRow = Awaited<ReturnType<typeof stepsOf>>[number]

/** Somebody ended it, or what it worked on: none of its steps went wrong. */
const ended: readonly (string | null)[] = ['cancelled', 'force-deleted', 'gone', 'share-gone', 'status-reset']

/** Where it went wrong: the step that was begun last, whatever was taken back since. One placed again begins afresh. */
function failedStep(operation: OperationRow, begun: readonly StepRow[]): StepRow | undefined {
  const { cause_code: code, state, undo_then: then } = operation
  const isFailure = state === 'failed' || (state === 'undoing' && then !== 'cancel')
  if (!isFailure || ended.includes(code)) return undefined
  return begun.reduce<StepRow | undefined>(
    (last, step) => (last === undefined || step.started_at >= last.started_at ? step : last),
    undefined,
  )
}

/** Unwound, and yet what it did stays. */
function isKept({ kind, version }: OperationRow, { name, state }: StepRow): boolean {
  const planned = planOf(kind, version)?.steps.find(([step]) => step === name)
  return state === 'undone' && planned?.[2] === 'stays'
}

/** Steps that were never begun. Nothing is said about an operation of a version that this process does not know. */
function stepsAhead(operation: OperationRow, begun: number): StepShown[] {
  const steps = planOf(operation.kind, operation.version)?.steps ?? []
  return steps.slice(begun).map(([name]) => ({
    name,
    state: 'pending',
    attempts: 0,
    startedAt: null,
    finishedAt: null,
  }))
}
