/** The snapshot leaves the tables and stays on the backend. */
import { touchSnapshotRules } from '../../db/store/snapshot-instances.ts'
import { changeSnapshotInstance, removeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import type { Tx } from '../../db/schema.ts'
import { operation, type Cause, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { loadSnapshot } from '../refs.ts'
import { by, onBackend, tell, unsupported } from './calls.ts'
import { publishSnapshot, withdrawSnapshot } from './exports.ts'

type UnmanageJob = Job<'unmanage-snapshot'>

export const unmanageSnapshot = (parts: StepParts) =>
  operation('unmanage-snapshot', 'share', {
    steps: {
      withdraw: { run: (job) => withdraw(parts, job), undo: (job) => giveBack(parts, job) },
      // No undo: a refusal changed nothing, and what was handed over is the administrator's.
      backend: { run: (job) => handOver(parts, job) },
      forget: { write: (tx, job) => forget(parts, tx, job) },
    },
    failed: (tx, job, cause) => fail(tx, parts, job, cause),
  })

async function withdraw(parts: StepParts, job: UnmanageJob): Promise<void> {
  const subject = await loadSnapshot(parts.store.db, job.payload.snapshotInstanceId)
  if (subject === undefined) return
  if (parts.backend?.driver.managesSnapshots === undefined) throw unsupported('leave snapshots to others')
  await withdrawSnapshot(parts, job, subject)
}

async function giveBack(parts: StepParts, job: UnmanageJob): Promise<StepDone> {
  const { snapshotInstanceId } = job.payload
  const subject = await loadSnapshot(parts.store.db, snapshotInstanceId)
  if (subject === undefined) return {}
  await publishSnapshot(parts, job, subject)
  return { commit: (tx) => touchSnapshotRules(tx, snapshotInstanceId) }
}

async function handOver(parts: StepParts, job: UnmanageJob): Promise<void> {
  const subject = await loadSnapshot(parts.store.db, job.payload.snapshotInstanceId)
  if (subject === undefined) return
  const request = { name: 'unmanage-snapshot', instanceId: subject.instance.id }
  await onBackend(parts, job, request, async (call, { driver }) => {
    await driver.managesSnapshots?.unmanage(call, subject.snapshotRef)
  })
}

async function forget(parts: StepParts, tx: Tx, job: UnmanageJob): Promise<void> {
  await removeSnapshotInstance(tx, job.payload.snapshotInstanceId, by(job, parts.clock.now()))
}

async function fail(tx: Tx, parts: StepParts, job: UnmanageJob, cause: Cause): Promise<void> {
  const { snapshotId, snapshotInstanceId } = job.payload
  const from = ['unmanage_starting']
  const change = { snapshotInstanceId, from, to: 'unmanage_error', ...by(job, parts.clock.now()) }
  if (!(await changeSnapshotInstance(tx, change))) return
  const resourceType = 'SHARE_SNAPSHOT'
  await tell(tx, parts, job, { resourceType, resourceId: snapshotId, action: '005', cause })
}
