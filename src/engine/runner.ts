/**
 * Walks one operation: runs its steps in order, records each, resumes where a dead worker stopped, and on failure
 * undoes what was begun, in reverse. It stops at the first step that another service runs and hands the work over.
 */
import { LostLane } from '../db/store/operation-records.ts'
import { uncounted } from '../runtime/database-use.ts'
import { inSpan } from '../tracing/spans.ts'
import { Hold } from './hold.ts'
import type { RunEnd } from './run-end.ts'
import { undoOne } from './walk/backwards.ts'
import { claim } from './walk/claim.ts'
import { runOne } from './walk/forwards.ts'
import { letGo, stopped } from './walk/leaving.ts'
import type { RunnerParts } from './walk/parts.ts'
import { Walk } from './walk/walk.ts'
import { WorkUse } from './work-use.ts'

export type { RunnerParts } from './walk/parts.ts'

/**
 * Runs the operation as far as this topic can. `stop` is aborted when the process ends or loses its leases; `hold` is told of
 * the leases, and whoever renews them tells it of that.
 */
export function run(
  parts: RunnerParts,
  id: string,
  stop: AbortSignal,
  hold: Hold = new Hold(),
): Promise<RunEnd> {
  const use = new WorkUse()
  const walk = new Walk(parts, stop, hold, use)
  // Whoever wakes it is not whose work it is.
  return uncounted(() => use.of(null, () => walked(parts, walk, id, use)))
}

async function walked(parts: RunnerParts, walk: Walk, id: string, use: WorkUse): Promise<RunEnd> {
  const begun = await claim(walk, id)
  if (begun !== 'claimed') {
    if (begun.end !== 'not-mine') use.addUp(walk.row.kind)
    return begun
  }
  try {
    return await inSpan(...walk.span(), () => toTheEnd(walk))
  } catch (error) {
    if (error instanceof LostLane) {
      parts.log.warn({ operation_id: id }, 'another worker owns this operation now: leaving it')
      return { end: 'not-mine' }
    }
    await letGo(walk)
    throw error
  } finally {
    use.addUp(walk.row.kind)
  }
}

async function toTheEnd(walk: Walk): Promise<RunEnd> {
  for (;;) {
    if (walk.stop.aborted) return stopped(walk)
    const { row } = walk.claimed
    const step = walk.plan.steps[row.step]?.[0] ?? ''
    const ended = await (row.state === 'undoing'
      ? walk.use.of(`undo ${step}`, () => undoOne(walk))
      : walk.use.of(step, () => runOne(walk)))
    if (ended !== null) return ended
  }
}
