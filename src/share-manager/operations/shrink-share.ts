/**
 * Smaller, unless that would lose data: then the share stays as it was and its owner is told. Where the driver copies the content
 * into another tree, clients are cut off meanwhile, and their handles are of a tree that is gone afterwards.
 */
import { touchRules } from '../../db/store/access-mappings.ts'
import { replaceExportLocations } from '../../db/store/export-locations.ts'
import { placeExactly } from '../../db/store/instance-places.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import type { Tx } from '../../db/schema.ts'
import { operation, type Cause, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { driverStateOf, loadShare, shareExport, type ShareSubject } from '../refs.ts'
import { backendOf, by, gone, moveOn, onBackend, shareOf, tell, unsupported } from './calls.ts'
import { publishShare, restoreRules, unpublish } from './exports.ts'

type ShrinkJob = Job<'shrink-share'>

export const shrinkShare = (parts: StepParts) =>
  operation('shrink-share', 'share', {
    steps: {
      backend: { run: (job) => shrink(parts, job), undo: (job) => growBack(parts, job) },
      publish: { write: (tx, job) => publish(parts, tx, job) },
    },
    failed: (tx, job, cause, undone) => fail(tx, parts, job, cause, undone),
  })

async function shrink(parts: StepParts, job: ShrinkJob): Promise<StepDone> {
  const subject = await shareOf(parts, job)
  const { ref, instance } = subject
  const { toGib } = job.payload
  const request = { name: 'shrink', instanceId: instance.id }
  const shrinks = backendOf(parts).driver.shrinks
  if (shrinks === undefined) throw unsupported('shrink shares', '019')
  if (shrinks.moves === undefined) {
    await onBackend(parts, job, request, (call) => shrinks.shrink(call, ref, toGib))
    return {}
  }
  // Refused before clients are cut off for nothing.
  await onBackend(parts, job, { ...request, name: 'shrink-check' }, async (call) =>
    shrinks.moves?.(call, ref, toGib),
  )
  await unpublish(parts, job, instance.id, shareExport(subject))
  await onBackend(parts, job, request, (call) => shrinks.shrink(call, ref, toGib))
  return giveBack(parts, job, subject, toGib)
}

/** A shrink that may have happened must not leave less than the owner is charged for, nor a share that nobody reaches. */
async function growBack(parts: StepParts, job: ShrinkJob): Promise<StepDone> {
  const { instanceId, fromGib, toGib } = job.payload
  const subject = await loadShare(parts.store.db, instanceId)
  const shrinks = parts.backend?.driver.shrinks
  if (subject === undefined || shrinks === undefined) return {}
  const ref = { ...subject.ref, sizeGib: toGib }
  await onBackend(parts, job, { name: 'extend', instanceId }, (call, { driver }) =>
    driver.extend(call, ref, fromGib),
  )
  return shrinks.moves === undefined ? {} : giveBack(parts, job, subject, fromGib)
}

/** Publishes the tree where it is now, with the rules in force, and keeps where that is. */
async function giveBack(
  parts: StepParts,
  job: ShrinkJob,
  subject: ShareSubject,
  sizeGib: number,
): Promise<StepDone> {
  const instanceId = subject.instance.id
  const ref = { ...subject.ref, sizeGib }
  const found = await onBackend(parts, job, { name: 'ensure', instanceId }, (call, { driver }) =>
    driver.ensure(call, ref),
  )
  const locations = await publishShare(parts, job, subject, found.tree)
  await restoreRules(parts, job, subject)
  return {
    commit: async (tx) => {
      const now = parts.clock.now()
      const instance = { driver_state: driverStateOf(found) }
      const change = { instanceId, from: null, to: null, instance, ...by(job, now) }
      if (!(await changeInstance(tx, change))) throw gone(`Share instance ${instanceId}`)
      await replaceExportLocations(tx, instanceId, locations, now)
      // Has every rule judged and recorded again.
      await touchRules(tx, instanceId)
    },
  }
}

async function publish(parts: StepParts, tx: Tx, job: ShrinkJob): Promise<void> {
  const { instanceId, toGib } = job.payload
  await moveOn(tx, {
    instanceId,
    from: ['shrinking'],
    to: 'available',
    share: { size: toGib, target_size: null },
    ...by(job, parts.clock.now()),
  })
  await placeExactly(tx, instanceId, toGib)
}

/** Refusals that leave the share exactly as it was. */
const harmless: readonly (string | null | undefined)[] = ['018', '019']

async function fail(tx: Tx, parts: StepParts, job: ShrinkJob, cause: Cause, undone: boolean): Promise<void> {
  const { shareId, instanceId } = job.payload
  const to = undone && harmless.includes(cause.detailId) ? 'available' : 'shrinking_error'
  const stamp = by(job, parts.clock.now())
  if (!(await changeInstance(tx, { instanceId, from: ['shrinking'], to, ...stamp }))) return
  await tell(tx, parts, job, { resourceType: 'SHARE', resourceId: shareId, action: '009', cause })
}
