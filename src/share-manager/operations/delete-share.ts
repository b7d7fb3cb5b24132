/**
 * The end of a share: taken from its clients, then from the backend, then from the tables. Forced, it ends even when the
 * backend can't be asked; what may be left there is then remembered as an orphan.
 */
import { emptiedInstance } from '../../lifecycle/shares/endings.ts'
import { recordOrphan } from '../../db/store/orphans.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { removeInstance } from '../../lifecycle/shares/remove.ts'
import { operation, type Cause, type Job, type Json, type StepDone } from '../../engine/operation.ts'
import type { Tx } from '../../db/schema.ts'
import type { StepParts } from '../parts.ts'
import { bareExport, bareShareRef, loadShare, shareExport } from '../refs.ts'
import { by, forcedDeadlineMs, onBackend, tell, unlessForced } from './calls.ts'
import { unpublish } from './exports.ts'

type DeleteJob = Job<'delete-share'>

export const deleteShare = (parts: StepParts) =>
  operation('delete-share', 'share', {
    version: 2,
    steps: {
      // No undo: what its owner asked to delete is not given back to clients when the backend then refuses.
      withdraw: { run: (job) => withdraw(parts, job) },
      // No undo: nothing brings data back.
      erase: { run: (job) => erase(parts, job) },
    },
    failed: (tx, job, cause) => fail(tx, parts, job, cause),
  })

/** What the release before begins: its row is forgotten in a step of its own. */
export const deleteShareInThree = (parts: StepParts) =>
  operation('delete-share', 'share', {
    version: 1,
    steps: {
      // No undo: what its owner asked to delete is not given back to clients when the backend then refuses.
      withdraw: { run: (job) => withdraw(parts, job) },
      // No undo: nothing brings data back.
      backend: { run: (job) => remove(parts, job) },
      forget: {
        write: (tx, job) =>
          forgetRow(parts, tx, job, job.outputs['backend'] ?? job.outputs['withdraw'] ?? null),
      },
    },
    failed: (tx, job, cause) => fail(tx, parts, job, cause),
  })

async function withdraw(parts: StepParts, job: DeleteJob): Promise<StepDone> {
  const { instanceId, force } = job.payload
  if (parts.backend === null) return { output: null }
  const subject = await loadShare(parts.store.db, instanceId)
  const target = subject === undefined ? bareExport(instanceId) : shareExport(subject)
  const deadlineMs = force ? forcedDeadlineMs : undefined
  return {
    output: await unlessForced(job, force, () => unpublish(parts, job, instanceId, target, deadlineMs)),
  }
}

async function erase(parts: StepParts, job: DeleteJob): Promise<StepDone> {
  const left = await removeFrom(parts, job)
  return { output: left, commit: (tx) => forgetRow(parts, tx, job, left ?? job.outputs['withdraw'] ?? null) }
}

const remove = async (parts: StepParts, job: DeleteJob): Promise<StepDone> => ({
  output: await removeFrom(parts, job),
})

/** Why something may be left there although its deletion was forced; null: nothing is. */
async function removeFrom(parts: StepParts, job: DeleteJob): Promise<string | null> {
  const { shareId, instanceId, force } = job.payload
  if (parts.backend === null) return null
  const subject = await loadShare(parts.store.db, instanceId)
  const ref = subject?.ref ?? bareShareRef(shareId, instanceId)
  const request = { name: 'delete', instanceId, ...(force ? { deadlineMs: forcedDeadlineMs } : {}) }
  return unlessForced(job, force, () =>
    onBackend(parts, job, request, (call, { driver }) => driver.delete(call, ref)),
  )
}

async function forgetRow(parts: StepParts, tx: Tx, job: DeleteJob, leftBehind: Json): Promise<void> {
  const { instanceId } = job.payload
  const now = parts.clock.now()
  if (leftBehind !== null && parts.backend !== null) {
    const instance = await instanceById(tx, instanceId)
    await recordOrphan(tx, {
      backendId: parts.backend.id,
      kind: 'share',
      resourceId: instanceId,
      driverState: instance?.driver_state ?? '{}',
      reason: String(leftBehind),
      now,
    })
  }
  if (job.payload.keepsRow === true) await emptiedInstance(tx, instanceId, by(job, now))
  else await removeInstance(tx, instanceId, by(job, now), { leftBehind: leftBehind !== null })
}

async function fail(tx: Tx, parts: StepParts, job: DeleteJob, cause: Cause): Promise<void> {
  const { shareId, instanceId, deferred } = job.payload
  const moved = await changeInstance(tx, {
    instanceId,
    from: deferred ? ['deferred_deleting'] : ['deleting'],
    to: deferred ? 'error_deferred_deleting' : 'error_deleting',
    ...by(job, parts.clock.now()),
  })
  if (!moved) return
  await tell(tx, parts, job, { resourceType: 'SHARE', resourceId: shareId, action: '007', cause })
}
