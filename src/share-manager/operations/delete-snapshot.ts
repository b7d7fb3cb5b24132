/** The end of a snapshot; forced and deferred as for shares. */
import { recordOrphan } from '../../db/store/orphans.ts'
import { snapshotInstanceById } from '../../db/store/snapshots.ts'
import { changeSnapshotInstance, removeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import type { Tx } from '../../db/schema.ts'
import { operation, type Cause, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { loadSnapshot } from '../refs.ts'
import { by, forcedDeadlineMs, onBackend, tell, unlessForced } from './calls.ts'
import { withdrawSnapshot } from './exports.ts'

type DeleteJob = Job<'delete-snapshot'>

export const deleteSnapshot = (parts: StepParts) =>
  operation('delete-snapshot', 'share', {
    steps: {
      // No undo: what its owner asked to delete is not given back to clients when the backend then refuses.
      withdraw: { run: (job) => withdraw(parts, job) },
      // No undo: nothing brings data back.
      backend: { run: (job) => remove(parts, job) },
      forget: { write: (tx, job) => forget(parts, tx, job) },
    },
    failed: (tx, job, cause) => fail(tx, parts, job, cause),
  })

async function withdraw(parts: StepParts, job: DeleteJob): Promise<StepDone> {
  const { snapshotInstanceId, force } = job.payload
  const subject = await loadSnapshot(parts.store.db, snapshotInstanceId)
  if (subject === undefined || parts.backend === null) return { output: null }
  const deadlineMs = force ? forcedDeadlineMs : undefined
  return {
    output: await unlessForced(job, force, () => withdrawSnapshot(parts, job, subject, deadlineMs)),
  }
}

async function remove(parts: StepParts, job: DeleteJob): Promise<StepDone> {
  const { snapshotInstanceId, instanceId, force } = job.payload
  const subject = await loadSnapshot(parts.store.db, snapshotInstanceId)
  if (subject === undefined || parts.backend === null) return { output: null }
  const request = { name: 'delete-snapshot', instanceId, ...(force ? { deadlineMs: forcedDeadlineMs } : {}) }
  return {
    output: await unlessForced(job, force, () =>
      onBackend(parts, job, request, async (call, { driver }) => {
        await driver.snapshots?.delete(call, subject.snapshotRef)
      }),
    ),
  }
}

async function forget(parts: StepParts, tx: Tx, job: DeleteJob): Promise<void> {
  const { snapshotInstanceId } = job.payload
  const leftBehind = job.outputs['backend'] ?? job.outputs['withdraw'] ?? null
  const now = parts.clock.now()
  if (leftBehind !== null && parts.backend !== null) {
    const instance = await snapshotInstanceById(tx, snapshotInstanceId)
    await recordOrphan(tx, {
      backendId: parts.backend.id,
      kind: 'snapshot',
      resourceId: snapshotInstanceId,
      driverState: instance?.driver_state ?? '{}',
      reason: String(leftBehind),
      now,
    })
  }
  if (job.payload.keepsRow === true) {
    const instance = { driver_state: '{}', provider_location: null, progress: null }
    const change = { snapshotInstanceId, from: null, to: 'error', instance, ...by(job, now) }
    await changeSnapshotInstance(tx, change)
  } else await removeSnapshotInstance(tx, snapshotInstanceId, by(job, now))
}

async function fail(tx: Tx, parts: StepParts, job: DeleteJob, cause: Cause): Promise<void> {
  const { snapshotId, snapshotInstanceId, deferred } = job.payload
  const moved = await changeSnapshotInstance(tx, {
    snapshotInstanceId,
    from: deferred ? ['deferred_deleting'] : ['deleting'],
    to: deferred ? 'error_deferred_deleting' : 'error_deleting',
    ...by(job, parts.clock.now()),
  })
  if (!moved) return
  const resourceType = 'SHARE_SNAPSHOT'
  await tell(tx, parts, job, { resourceType, resourceId: snapshotId, action: '007', cause })
}
