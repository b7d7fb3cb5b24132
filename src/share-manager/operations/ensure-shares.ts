/** An administrator asks to check every share of a backend. */
import type { Tx } from '../../db/schema.ts'
import { forgetEnsureRun } from '../../db/store/ensure-runs.ts'
import { setEnsuring } from '../../db/store/services.ts'
import { operation, StepFailure, type Job } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { ensureAll } from '../reconcilers/ensure.ts'
import { backendOf } from './calls.ts'

/** Milliseconds between two looks whether somebody wants it cancelled. */
const longestSliceMs = 30_000

export const ensureShares = (parts: StepParts) =>
  operation('ensure-shares', 'share', {
    steps: {
      // No undo: each share is put in order by itself. The step takes each share's own lane, one by one.
      // It ends itself long before its time is over and is called again: so it may be cancelled, and take longer than one step.
      ensure: {
        async run(job) {
          const backend = backendOf(parts)
          const run = { id: job.operationId, backendId: backend.id, madeFor: 'asked for' }
          const { ensured, complete, percent } = await ensureAll({ ...parts, backend }, run, {
            show: true,
            progress: (part) => job.progress(part),
            signal: job.signal,
            sliceMs: Math.min(longestSliceMs, job.deadlineMs / 2),
          })
          if (complete && ensured.failed === 0) return { output: { ...ensured } }
          // "Done" would be read as: everything is in order.
          if (complete) {
            const { checked, failed } = ensured
            const message = `${failed} of ${checked + failed} are not in order: the log names each.`
            throw new StepFailure('unwind', { code: 'not-in-order', message, retryable: true })
          }
          const message = `${Math.floor(percent)} % of the shares were checked; it goes on.`
          throw new StepFailure('wait', { code: 'under-way', message, retryable: true }, { retryAfterS: 0 })
        },
      },
      publish: {
        run: async (job) => ({
          commit: (tx) => ended(parts, tx, job),
        }),
      },
    },
    failed: (tx, job) => ended(parts, tx, job),
  })

async function ended(
  { clock }: StepParts,
  tx: Tx,
  { operationId, payload }: Job<'ensure-shares'>,
): Promise<void> {
  await forgetEnsureRun(tx, operationId)
  await setEnsuring(tx, payload.serviceId, null, clock.now())
}
