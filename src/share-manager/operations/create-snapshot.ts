/** A point-in-time copy, published read-only where its share asks for mountable snapshots. */
import { recordOrphan } from '../../db/store/orphans.ts'
import { replaceSnapshotExportLocations } from '../../db/store/export-locations.ts'
import { settleSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import { touchSnapshotRules } from '../../db/store/snapshot-instances.ts'
import { changeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import type { Tx } from '../../db/schema.ts'
import type { ExportLocation } from '../../storage/contract/driver.ts'
import { operation, type Cause, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { driverStateOf, loadSnapshot } from '../refs.ts'
import { by, gone, onBackend, outputOf, snapshotOf, tell, unsupported } from './calls.ts'
import { locationsJson, publishSnapshot, withdrawSnapshot } from './exports.ts'

type CreateJob = Job<'create-snapshot'>

export const createSnapshot = (parts: StepParts) =>
  operation('create-snapshot', 'share', {
    steps: {
      backend: { run: (job) => make(parts, job), undo: (job) => unmake(parts, job) },
      export: { run: (job) => publishRun(parts, job), undo: (job) => withdraw(parts, job) },
      // No undo: it is one transaction, and the last step.
      publish: { write: (tx, job) => publish(parts, tx, job) },
    },
    failed: (tx, job, cause, undone) => fail(tx, parts, job, cause, undone),
  })

async function make(parts: StepParts, job: CreateJob): Promise<StepDone> {
  const subject = await snapshotOf(parts, job)
  const { state } = await onBackend(
    parts,
    job,
    { name: 'create-snapshot', instanceId: subject.instance.id },
    (call, { driver }) => {
      if (driver.snapshots === undefined) throw unsupported('take snapshots')
      return driver.snapshots.create(call, subject.snapshotRef)
    },
  )
  return {
    commit: async (tx) => {
      const found = await changeSnapshotInstance(tx, {
        snapshotInstanceId: subject.snapshotInstance.id,
        from: null,
        to: null,
        instance: {
          driver_state: driverStateOf({ state, tree: null }),
          provider_location: state['location'] ?? null,
        },
        ...by(job, parts.clock.now()),
      })
      if (!found) throw gone(`Snapshot instance ${subject.snapshotInstance.id}`)
    },
  }
}

async function unmake(parts: StepParts, job: CreateJob): Promise<void> {
  const subject = await loadSnapshot(parts.store.db, job.payload.snapshotInstanceId)
  // Only a forced deletion takes the row away, and that asks the backend itself.
  if (subject === undefined) return
  const request = { name: 'delete-snapshot', instanceId: subject.instance.id }
  await onBackend(parts, job, request, async (call, { driver }) => {
    await driver.snapshots?.delete(call, subject.snapshotRef)
  })
}

/** Also the step of managed snapshots. */
export async function publishRun(
  parts: StepParts,
  job: CreateJob | Job<'manage-snapshot'>,
): Promise<StepDone> {
  const subject = await snapshotOf(parts, job)
  return { output: locationsJson(await publishSnapshot(parts, job, subject)) }
}

export async function withdraw(parts: StepParts, job: CreateJob | Job<'manage-snapshot'>): Promise<void> {
  const subject = await loadSnapshot(parts.store.db, job.payload.snapshotInstanceId)
  if (subject !== undefined) await withdrawSnapshot(parts, job, subject)
}

async function publish(parts: StepParts, tx: Tx, job: CreateJob): Promise<void> {
  const { snapshotInstanceId } = job.payload
  const locations = outputOf(job, 'export') as readonly ExportLocation[]
  const now = parts.clock.now()
  const found = await settleSnapshotInstance(tx, {
    snapshotInstanceId,
    from: ['creating'],
    to: 'available',
    instance: { progress: '100%' },
    ...by(job, now),
  })
  if (!found) throw gone(`Snapshot instance ${snapshotInstanceId}`)
  await replaceSnapshotExportLocations(tx, snapshotInstanceId, locations, now)
  // Rules that the snapshot inherits from its share are put on its export by the reconciler.
  if (locations.length > 0) await touchSnapshotRules(tx, snapshotInstanceId)
}

async function fail(tx: Tx, parts: StepParts, job: CreateJob, cause: Cause, undone: boolean): Promise<void> {
  const { snapshotId, snapshotInstanceId } = job.payload
  const now = parts.clock.now()
  if (!undone && parts.backend !== null) {
    const [backendId, resourceId, reason] = [parts.backend.id, snapshotInstanceId, cause.message]
    await recordOrphan(tx, { backendId, kind: 'snapshot', resourceId, driverState: '{}', reason, now })
  }
  const change = { snapshotInstanceId, from: ['creating'], to: 'error', ...by(job, now) }
  if (!(await changeSnapshotInstance(tx, change)) || job.payload.ofGroup === true) return
  const resourceType = 'SHARE_SNAPSHOT'
  await tell(tx, parts, job, { resourceType, resourceId: snapshotId, action: '002', cause })
}
