/**
 * A backend that doesn't come up has no worker, yet an administrator's forced deletions on it must end: their steps ask the
 * backend a few times and then leave an orphan behind.
 */
import { dueDeletions } from '../../db/store/operations-read.ts'
import { run, type RunnerParts } from '../../engine/runner.ts'
import { rowTopics } from '../../engine/topics.ts'
import type { BackendScope } from '../parts.ts'

const batch = 20

/** Runs what is due of it. Nothing while the backend is up: then its worker does. */
export async function runForcedDeletions(
  parts: BackendScope,
  runner: RunnerParts,
  stop: AbortSignal,
): Promise<number> {
  if (parts.backend.health === 'ready') return 0
  const due = await dueDeletions(parts.store.db, parts.backend.id, rowTopics('share'), parts.clock.now())
  const forced = due.filter(({ payload }) => (JSON.parse(payload) as { force?: boolean }).force === true)
  for (const { id } of forced.slice(0, batch)) await run(runner, id, stop)
  return forced.length
}
