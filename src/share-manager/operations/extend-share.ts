/** Larger: the scheduler has claimed the room before the backend is asked. */
import { extendEndedBadly } from '../../lifecycle/shares/endings.ts'
import { placeExactly } from '../../db/store/instance-places.ts'
import { isDriverError } from '../../storage/contract/driver.ts'
import { operation, type Job } from '../../engine/operation.ts'
import type { Tx } from '../../db/schema.ts'
import type { StepParts } from '../parts.ts'
import { loadShare } from '../refs.ts'
import { by, guarded, moveOn, onBackend, shareOf } from './calls.ts'
import { failedEnd } from './failed-end.ts'

type ExtendJob = Job<'extend-share'>

export const extendShare = (parts: StepParts) =>
  operation('extend-share', 'share', {
    steps: {
      backend: { run: (job) => grow(parts, job), undo: (job) => shrinkBack(parts, job) },
      publish: { write: (tx, job) => publish(parts, tx, job) },
    },
    failed: (tx, job, cause, undone) => extendEndedBadly(tx, failedEnd(parts, job, cause, undone)),
  })

async function grow(parts: StepParts, job: ExtendJob): Promise<void> {
  const { ref, instance } = await shareOf(parts, job)
  const request = { name: 'extend', instanceId: instance.id, detailId: '015' }
  await onBackend(parts, job, request, (call, { driver }) => driver.extend(call, ref, job.payload.toGib))
}

/**
 * The size enforced goes back to the size that counts, where the backend can do that without losing what was written
 * since. Where it can't, the share keeps room that nobody is charged for until the next resize.
 */
async function shrinkBack(parts: StepParts, job: ExtendJob): Promise<void> {
  const { instanceId, fromGib, toGib } = job.payload
  const subject = await loadShare(parts.store.db, instanceId)
  if (subject === undefined) return
  const ref = { ...subject.ref, sizeGib: toGib }
  const backend = parts.backend
  // Clients are not cut off and handles not made stale to take back room.
  if (backend?.driver.shrinks === undefined || backend.driver.shrinks.moves !== undefined) return
  try {
    await backend.call(
      { name: 'shrink', guarded: guarded(job, instanceId), signal: job.signal },
      async (call) => {
        await backend.driver.shrinks?.shrink(call, ref, fromGib)
      },
    )
  } catch (error) {
    const kept = isDriverError(error) && ['shrink-would-lose-data', 'not-found'].includes(error.reason ?? '')
    if (!kept) throw error
  }
}

async function publish(parts: StepParts, tx: Tx, job: ExtendJob): Promise<void> {
  const { instanceId, toGib } = job.payload
  const share = { size: toGib, target_size: null }
  await moveOn(tx, {
    instanceId,
    from: ['extending'],
    to: 'available',
    share,
    ...by(job, parts.clock.now()),
  })
  await placeExactly(tx, instanceId, toGib)
}
