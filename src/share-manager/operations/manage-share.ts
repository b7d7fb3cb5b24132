/** A tree that exists on the backend becomes a share. Its size is what the backend says; quota is charged at the end. */
import { replaceExportLocations } from '../../db/store/export-locations.ts'
import { manageEndedBadly } from '../../lifecycle/shares/endings.ts'
import { refuseLarger } from '../../lifecycle/quotas.ts'
import { placeExactly } from '../../db/store/instance-places.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import type { Tx } from '../../db/schema.ts'
import type { CreatedShare, ExportLocation } from '../../storage/contract/driver.ts'
import { operation, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { bareExport, bareShareRef, driverStateOf, loadShare, shareExport } from '../refs.ts'
import { withinQuota } from './afford.ts'
import { by, gone, made, moveOn, onBackend, outputOf, shareOf, unsupported } from './calls.ts'
import { locationsJson, publishShare, unpublish } from './exports.ts'
import { failedEnd } from './failed-end.ts'

type ManageJob = Job<'manage-share'>
type Managed = CreatedShare & { readonly sizeGib: number }

export const manageShare = (parts: StepParts) =>
  operation('manage-share', 'share', {
    steps: {
      backend: { run: (job) => takeOver(parts, job), undo: (job) => handBack(parts, job) },
      export: { run: (job) => publish(parts, job), undo: (job) => withdraw(parts, job) },
      // No undo: it is one transaction, and the last step.
      publish: { write: (tx, job) => finish(parts, tx, job) },
    },
    failed: (tx, job, cause, undone) => manageEndedBadly(tx, failedEnd(parts, job, cause, undone)),
  })

async function takeOver(parts: StepParts, job: ManageJob): Promise<StepDone> {
  const { ref, instance } = await shareOf(parts, job)
  const { exportPath, driverOptions } = job.payload
  const request = { name: 'manage', instanceId: instance.id }
  const managed = await onBackend(parts, job, request, (call, { driver }) => {
    if (driver.manages === undefined) throw unsupported('take over existing trees')
    return driver.manages.manage(call, ref, exportPath, driverOptions)
  })
  return {
    output: { ...(made(managed) as object), sizeGib: managed.sizeGib },
    commit: async (tx) => {
      const change = { instanceId: instance.id, from: null, to: null, ...by(job, parts.clock.now()) }
      const found = await changeInstance(tx, {
        ...change,
        instance: { driver_state: driverStateOf(managed) },
      })
      if (!found) throw gone(`Share instance ${instance.id}`)
    },
  }
}

async function handBack(parts: StepParts, job: ManageJob): Promise<StepDone> {
  const { shareId, instanceId } = job.payload
  const subject = await loadShare(parts.store.db, instanceId)
  const ref = subject?.ref ?? bareShareRef(shareId, instanceId)
  await onBackend(parts, job, { name: 'unmanage', instanceId }, async (call, { driver }) => {
    await driver.manages?.unmanage(call, ref)
  })
  return {
    commit: async (tx) => {
      const instance = { driver_state: '{}' }
      await changeInstance(tx, { instanceId, from: null, to: null, instance, ...by(job, parts.clock.now()) })
    },
  }
}

async function publish(parts: StepParts, job: ManageJob): Promise<StepDone> {
  const subject = await shareOf(parts, job)
  const { tree } = outputOf(job, 'backend') as Managed
  return { output: locationsJson(await publishShare(parts, job, subject, tree)) }
}

async function withdraw(parts: StepParts, job: ManageJob): Promise<void> {
  const { instanceId } = job.payload
  const subject = await loadShare(parts.store.db, instanceId)
  const target = subject === undefined ? bareExport(instanceId) : shareExport(subject)
  await unpublish(parts, job, instanceId, target)
}

async function finish(parts: StepParts, tx: Tx, job: ManageJob): Promise<void> {
  const { instanceId } = job.payload
  const { sizeGib } = outputOf(job, 'backend') as Managed
  const locations = outputOf(job, 'export') as readonly ExportLocation[]
  const now = parts.clock.now()
  await withinQuota(async () => {
    await refuseLargerThanAllowed(tx, parts, instanceId, sizeGib)
    await moveOn(tx, {
      instanceId,
      from: ['manage_starting'],
      to: 'available',
      instance: { progress: '100%', launched_at: now },
      share: { size: sizeGib },
      enforce: parts.settings.quota,
      ...by(job, now),
    })
  })
  await placeExactly(tx, instanceId, sizeGib)
  await replaceExportLocations(tx, instanceId, locations, now)
}

/** The ceiling for one share holds for one that was there before us too. */
async function refuseLargerThanAllowed(
  tx: Tx,
  parts: StepParts,
  instanceId: string,
  sizeGib: number,
): Promise<void> {
  const share = (await loadShare(tx, instanceId))?.share
  if (share === undefined) return
  const payer = { projectId: share.project_id, userId: share.user_id, shareTypeId: share.share_type_id }
  await refuseLarger(tx, payer, sizeGib, parts.settings.quota)
}
