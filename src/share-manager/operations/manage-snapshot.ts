/** A snapshot that exists on the backend becomes one of ours. */
import { replaceSnapshotExportLocations } from '../../db/store/export-locations.ts'
import { settleSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import { touchSnapshotRules } from '../../db/store/snapshot-instances.ts'
import { changeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import type { Tx } from '../../db/schema.ts'
import type { ExportLocation } from '../../storage/contract/driver.ts'
import { operation, type Cause, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { driverStateOf, loadSnapshot } from '../refs.ts'
import { withinQuota } from './afford.ts'
import { by, gone, onBackend, outputOf, snapshotOf, tell, unsupported } from './calls.ts'
import { publishRun, withdraw } from './create-snapshot.ts'

type ManageJob = Job<'manage-snapshot'>

export const manageSnapshot = (parts: StepParts) =>
  operation('manage-snapshot', 'share', {
    steps: {
      backend: { run: (job) => takeOver(parts, job), undo: (job) => handBack(parts, job) },
      export: { run: (job) => publishRun(parts, job), undo: (job) => withdraw(parts, job) },
      // No undo: it is one transaction, and the last step.
      publish: { write: (tx, job) => publish(parts, tx, job) },
    },
    failed: (tx, job, cause) => fail(tx, parts, job, cause),
  })

async function takeOver(parts: StepParts, job: ManageJob): Promise<StepDone> {
  const { snapshotRef, instance } = await snapshotOf(parts, job)
  const { snapshotInstanceId, providerLocation, driverOptions } = job.payload
  const request = { name: 'manage-snapshot', instanceId: instance.id }
  const { state, sizeGib } = await onBackend(parts, job, request, (call, { driver }) => {
    if (driver.managesSnapshots === undefined) throw unsupported('take over existing snapshots')
    return driver.managesSnapshots.manage(call, snapshotRef, providerLocation, driverOptions)
  })
  return {
    output: { sizeGib },
    commit: async (tx) => {
      const found = await changeSnapshotInstance(tx, {
        snapshotInstanceId,
        from: null,
        to: null,
        instance: { driver_state: driverStateOf({ state, tree: null }), provider_location: providerLocation },
        ...by(job, parts.clock.now()),
      })
      if (!found) throw gone(`Snapshot instance ${snapshotInstanceId}`)
    },
  }
}

async function handBack(parts: StepParts, job: ManageJob): Promise<void> {
  const subject = await loadSnapshot(parts.store.db, job.payload.snapshotInstanceId)
  if (subject === undefined) return
  const request = { name: 'unmanage-snapshot', instanceId: subject.instance.id }
  await onBackend(parts, job, request, async (call, { driver }) => {
    await driver.managesSnapshots?.unmanage(call, subject.snapshotRef)
  })
}

async function publish(parts: StepParts, tx: Tx, job: ManageJob): Promise<void> {
  const { snapshotInstanceId } = job.payload
  const { sizeGib } = outputOf(job, 'backend') as { readonly sizeGib: number }
  const locations = outputOf(job, 'export') as readonly ExportLocation[]
  const now = parts.clock.now()
  const found = await withinQuota(() =>
    settleSnapshotInstance(tx, {
      snapshotInstanceId,
      from: ['manage_starting'],
      to: 'available',
      instance: { progress: '100%' },
      snapshot: { size: sizeGib },
      enforce: parts.settings.quota,
      ...by(job, now),
    }),
  )
  if (!found) throw gone(`Snapshot instance ${snapshotInstanceId}`)
  await replaceSnapshotExportLocations(tx, snapshotInstanceId, locations, now)
  if (locations.length > 0) await touchSnapshotRules(tx, snapshotInstanceId)
}

/** Manila shows a snapshot that couldn't be taken over with this size. */
const sizeInErrorGib = 1

async function fail(tx: Tx, parts: StepParts, job: ManageJob, cause: Cause): Promise<void> {
  const { snapshotId, snapshotInstanceId } = job.payload
  const moved = await changeSnapshotInstance(tx, {
    snapshotInstanceId,
    from: ['manage_starting'],
    to: 'manage_error',
    snapshot: { size: sizeInErrorGib },
    ...by(job, parts.clock.now()),
  })
  if (!moved) return
  const resourceType = 'SHARE_SNAPSHOT'
  await tell(tx, parts, job, { resourceType, resourceId: snapshotId, action: '002', cause })
}
