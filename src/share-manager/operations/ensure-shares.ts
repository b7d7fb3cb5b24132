/** An administrator asks to check every share of a backend. */
import { setEnsuring } from '../../db/store/services.ts'
import { operation } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { ensureAll } from '../reconcilers/ensure.ts'
import { backendOf } from './calls.ts'

export const ensureShares = (parts: StepParts) =>
  operation('ensure-shares', 'share', {
    steps: {
      // No undo: each share is put in order by itself. The step takes each share's own lane, one by one.
      ensure: {
        async run(job) {
          const backend = backendOf(parts)
          const progress = (percent: number) => job.progress(percent)
          const ensured = await ensureAll(
            { ...parts, backend },
            {
              show: true,
              progress,
              signal: job.signal,
            },
          )
          return { output: { ...ensured } }
        },
      },
      publish: {
        run: async (job) => ({
          commit: (tx) => setEnsuring(tx, job.payload.serviceId, null, parts.clock.now()),
        }),
      },
    },
    failed: (tx, job) => setEnsuring(tx, job.payload.serviceId, null, parts.clock.now()),
  })
