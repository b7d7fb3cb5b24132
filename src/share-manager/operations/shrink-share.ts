/** Smaller, unless that would lose data: then the share stays as it was and its owner is told. */
import { changeInstance, placeExactly } from '../../db/store/share-instances.ts'
import type { Tx } from '../../db/schema.ts'
import { operation, type Cause, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { loadShare } from '../refs.ts'
import { by, moveOn, onBackend, shareOf, tell, unsupported } from './calls.ts'

type ShrinkJob = Job<'shrink-share'>

export const shrinkShare = (parts: StepParts) =>
  operation('shrink-share', 'share', {
    steps: {
      backend: { run: (job) => shrink(parts, job), undo: (job) => growBack(parts, job) },
      publish: { run: (job) => publish(parts, job) },
    },
    failed: (tx, job, cause, undone) => fail(tx, parts, job, cause, undone),
  })

async function shrink(parts: StepParts, job: ShrinkJob): Promise<void> {
  const { ref, instance } = await shareOf(parts, job)
  await onBackend(parts, job, { name: 'shrink', instanceId: instance.id }, (call, { driver }) => {
    if (driver.shrinks === undefined) throw unsupported('shrink shares', '019')
    return driver.shrinks.shrink(call, ref, job.payload.toGib)
  })
}

/** A shrink that may have happened must not leave less than the owner is charged for. */
async function growBack(parts: StepParts, job: ShrinkJob): Promise<void> {
  const { instanceId, fromGib, toGib } = job.payload
  const subject = await loadShare(parts.store.db, instanceId)
  if (subject === undefined || parts.backend?.driver.shrinks === undefined) return
  const ref = { ...subject.ref, sizeGib: toGib }
  await onBackend(parts, job, { name: 'extend', instanceId }, (call, { driver }) =>
    driver.extend(call, ref, fromGib),
  )
}

async function publish(parts: StepParts, job: ShrinkJob): Promise<StepDone> {
  const { instanceId, toGib } = job.payload
  return {
    commit: async (tx) => {
      await moveOn(tx, {
        instanceId,
        from: ['shrinking'],
        to: 'available',
        share: { size: toGib, target_size: null },
        ...by(job, parts.clock.now()),
      })
      await placeExactly(tx, instanceId, toGib)
    },
  }
}

/** Refusals that leave the share exactly as it was. */
const harmless: readonly (string | null | undefined)[] = ['018', '019']

async function fail(tx: Tx, parts: StepParts, job: ShrinkJob, cause: Cause, undone: boolean): Promise<void> {
  const { shareId, instanceId } = job.payload
  const { detailId } = cause
  const to = undone && harmless.includes(detailId) ? 'available' : 'shrinking_error'
  const stamp = by(job, parts.clock.now())
  if (!(await changeInstance(tx, { instanceId, from: ['shrinking'], to, ...stamp }))) return
  await tell(tx, parts, job, { resourceType: 'SHARE', resourceId: shareId, action: '009', detailId })
}
