/** The share leaves the tables and stays on the backend. Its export goes: the backend may move the tree. */
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { removeInstance } from '../../lifecycle/shares/remove.ts'
import type { Tx } from '../../db/schema.ts'
import { operation, type Cause, type Job } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { loadShare, shareExport } from '../refs.ts'
import { by, onBackend, tell, unsupported } from './calls.ts'
import { publishShare, restoreRules, unpublish } from './exports.ts'

type UnmanageJob = Job<'unmanage-share'>

export const unmanageShare = (parts: StepParts) =>
  operation('unmanage-share', 'share', {
    steps: {
      withdraw: { run: (job) => withdraw(parts, job), undo: (job) => giveBack(parts, job) },
      // No undo: a refusal changed nothing, and what was handed over is the administrator's.
      backend: { run: (job) => handOver(parts, job) },
      forget: { write: (tx, job) => forget(parts, tx, job) },
    },
    failed: (tx, job, cause) => fail(tx, parts, job, cause),
  })

async function withdraw(parts: StepParts, job: UnmanageJob): Promise<void> {
  const subject = await loadShare(parts.store.db, job.payload.instanceId)
  if (subject === undefined || parts.backend === null) return
  // Refused before clients are cut off for nothing.
  if (parts.backend.driver.manages === undefined) throw unsupported('leave shares to others')
  await unpublish(parts, job, subject.instance.id, shareExport(subject))
}

/** A share that stays managed is served as before. One whose take-over failed never was. */
async function giveBack(parts: StepParts, job: UnmanageJob): Promise<void> {
  const subject = await loadShare(parts.store.db, job.payload.instanceId)
  if (subject === undefined || subject.instance.status === 'manage_error_unmanage_starting') return
  const request = { name: 'ensure', instanceId: subject.instance.id }
  const { tree } = await onBackend(parts, job, request, (call, { driver }) =>
    driver.ensure(call, subject.ref),
  )
  await publishShare(parts, job, subject, tree)
  await restoreRules(parts, job, subject)
}

async function handOver(parts: StepParts, job: UnmanageJob): Promise<void> {
  const subject = await loadShare(parts.store.db, job.payload.instanceId)
  if (subject === undefined || parts.backend === null) return
  const request = { name: 'unmanage', instanceId: subject.instance.id }
  await onBackend(parts, job, request, async (call, { driver }) => {
    await driver.manages?.unmanage(call, subject.ref)
  })
}

async function forget(parts: StepParts, tx: Tx, job: UnmanageJob): Promise<void> {
  await removeInstance(tx, job.payload.instanceId, by(job, parts.clock.now()))
}

async function fail(tx: Tx, parts: StepParts, job: UnmanageJob, cause: Cause): Promise<void> {
  const { shareId, instanceId } = job.payload
  const from = ['unmanage_starting', 'manage_error_unmanage_starting']
  const change = { instanceId, from, to: 'unmanage_error', ...by(job, parts.clock.now()) }
  if (!(await changeInstance(tx, change))) return
  await tell(tx, parts, job, { resourceType: 'SHARE', resourceId: shareId, action: '005', cause })
}
