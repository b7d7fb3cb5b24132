/**
 * The share's content and size become its newest snapshot's. Clients are cut off meanwhile: the tree behind the export is
 * replaced, and a client that went on writing to the old one would lose what it wrote.
 */
import { revertEndedBadly } from '../../lifecycle/shares/endings.ts'
import { replaceExportLocations } from '../../db/store/export-locations.ts'
import { touchRules } from '../../db/store/access-mappings.ts'
import { placeExactly } from '../../db/store/instance-places.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { settleSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import type { Tx } from '../../db/schema.ts'
import type { CreatedShare, ExportLocation } from '../../storage/contract/driver.ts'
import { operation, type Cause, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { driverStateOf, loadShare, shareExport } from '../refs.ts'
import { by, gone, made, moveOn, onBackend, outputOf, shareOf, snapshotOf, unsupported } from './calls.ts'
import { locationsJson, publishShare, restoreRules, unpublish } from './exports.ts'
import { failedEnd } from './failed-end.ts'

type RevertJob = Job<'revert-share'> | Job<'revert-and-extend-share'>

export const revertShare = (parts: StepParts) =>
  operation('revert-share', 'share', {
    steps: steps(parts),
    failed: (tx, job, cause, undone) => fail(tx, parts, job, cause, undone),
  })

/** The scheduler has claimed the room that the snapshot needs on top. */
export const revertAndExtendShare = (parts: StepParts) =>
  operation('revert-and-extend-share', 'share', {
    steps: steps(parts),
    failed: (tx, job, cause, undone) => fail(tx, parts, job, cause, undone),
  })

const steps = (parts: StepParts) => ({
  withdraw: {
    run: (job: RevertJob) => withdraw(parts, job),
    undo: (job: RevertJob) => giveBack(parts, job),
  },
  backend: { run: (job: RevertJob) => revert(parts, job), undo: (job: RevertJob) => admitSize(parts, job) },
  // No undo: the undo of `withdraw` publishes whatever is there.
  export: { run: (job: RevertJob) => publish(parts, job) },
  'access rules': { run: async (job: RevertJob) => restoreRules(parts, job, await shareOf(parts, job)) },
  publish: { write: (tx: Tx, job: RevertJob) => finish(parts, tx, job) },
})

async function withdraw(parts: StepParts, job: RevertJob): Promise<void> {
  const subject = await shareOf(parts, job)
  // Refused before clients are cut off for nothing.
  if (parts.backend?.driver.reverts === undefined) throw unsupported('revert shares to snapshots')
  await unpublish(parts, job, subject.instance.id, shareExport(subject))
}

/** Clients get back what is there: the tree as it is now, with the rules in force. */
async function giveBack(parts: StepParts, job: RevertJob): Promise<StepDone> {
  const subject = await loadShare(parts.store.db, job.payload.instanceId)
  if (subject === undefined) return {}
  const request = { name: 'ensure', instanceId: subject.instance.id }
  const found = await onBackend(parts, job, request, (call, { driver }) => driver.ensure(call, subject.ref))
  await publishShare(parts, job, subject, found.tree)
  await restoreRules(parts, job, subject)
  return { commit: (tx) => keepState(tx, parts, job, found) }
}

async function revert(parts: StepParts, job: RevertJob): Promise<StepDone> {
  const { ref, instance, snapshotRef } = await snapshotOf(parts, job)
  const request = { name: 'revert', instanceId: instance.id }
  const reverted = await onBackend(parts, job, request, (call, { driver }) => {
    if (driver.reverts === undefined) throw unsupported('revert shares to snapshots')
    return driver.reverts.revert(call, ref, snapshotRef, job.operationId)
  })
  return { output: made(reverted), commit: (tx) => keepState(tx, parts, job, reverted) }
}

/** The content before is gone where the revert succeeded; then the size that is enforced is the one that counts. */
async function admitSize(parts: StepParts, job: RevertJob): Promise<StepDone> {
  const { instanceId, toGib } = job.payload
  if ((job.outputs['backend'] ?? null) === null) return {}
  return {
    commit: async (tx) => {
      const share = { size: toGib, target_size: null }
      await changeInstance(tx, { instanceId, from: null, to: null, share, ...by(job, parts.clock.now()) })
      await placeExactly(tx, instanceId, toGib)
    },
  }
}

async function keepState(tx: Tx, parts: StepParts, job: RevertJob, found: CreatedShare): Promise<void> {
  const { instanceId } = job.payload
  const instance = { driver_state: driverStateOf(found) }
  const change = { instanceId, from: null, to: null, instance, ...by(job, parts.clock.now()) }
  if (!(await changeInstance(tx, change))) throw gone(`Share instance ${instanceId}`)
}

async function publish(parts: StepParts, job: RevertJob): Promise<StepDone> {
  const subject = await shareOf(parts, job)
  const { tree } = outputOf(job, 'backend') as CreatedShare
  return { output: locationsJson(await publishShare(parts, job, subject, tree)) }
}

async function finish(parts: StepParts, tx: Tx, job: RevertJob): Promise<void> {
  const { instanceId, snapshotInstanceId, toGib } = job.payload
  const locations = outputOf(job, 'export') as readonly ExportLocation[]
  const now = parts.clock.now()
  const stamp = by(job, now)
  const share = { size: toGib, target_size: null }
  await moveOn(tx, { instanceId, from: ['reverting'], to: 'available', share, ...stamp })
  await placeExactly(tx, instanceId, toGib)
  await replaceExportLocations(tx, instanceId, locations, now)
  // Has every rule judged and recorded again: the step before only put them back.
  await touchRules(tx, instanceId)
  await settleSnapshotInstance(tx, { snapshotInstanceId, from: ['restoring'], to: 'available', ...stamp })
}

function fail(tx: Tx, parts: StepParts, job: RevertJob, cause: Cause, undone: boolean): Promise<void> {
  const { snapshotInstanceId } = job.payload
  return revertEndedBadly(tx, { ...failedEnd(parts, job, cause, undone), snapshotInstanceId })
}
