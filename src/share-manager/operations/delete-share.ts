/**
 * The end of a share: taken from its clients, then from the backend, then from the tables. Forced, it ends even when the
 * backend can't be asked; what may be left there is then remembered as an orphan.
 */
import { emptiedInstance } from '../../db/store/endings.ts'
import { recordOrphan } from '../../db/store/orphans.ts'
import { changeInstance, instanceById, removeInstance } from '../../db/store/share-instances.ts'
import { operation, type Cause, type Job, type StepDone } from '../../engine/operation.ts'
import type { Tx } from '../../db/schema.ts'
import type { StepParts } from '../parts.ts'
import { bareExport, bareShareRef, loadShare, shareExport } from '../refs.ts'
import { by, forcedDeadlineMs, onBackend, tell, unlessForced } from './calls.ts'
import { unpublish } from './exports.ts'

type DeleteJob = Job<'delete-share'>

export const deleteShare = (parts: StepParts) =>
  operation('delete-share', 'share', {
    steps: {
      // No undo: what its owner asked to delete is not given back to clients when the backend then refuses.
      withdraw: { run: (job) => withdraw(parts, job) },
      // No undo: nothing brings data back.
      backend: { run: (job) => remove(parts, job) },
      forget: { run: (job) => forget(parts, job) },
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

async function remove(parts: StepParts, job: DeleteJob): Promise<StepDone> {
  const { shareId, instanceId, force } = job.payload
  if (parts.backend === null) return { output: null }
  const subject = await loadShare(parts.store.db, instanceId)
  const ref = subject?.ref ?? bareShareRef(shareId, instanceId)
  const how = { name: 'delete', instanceId, ...(force ? { deadlineMs: forcedDeadlineMs } : {}) }
  return {
    output: await unlessForced(job, force, () =>
      onBackend(parts, job, how, (call, { driver }) => driver.delete(call, ref)),
    ),
  }
}

async function forget(parts: StepParts, job: DeleteJob): Promise<StepDone> {
  const { instanceId } = job.payload
  const leftBehind = job.outputs['backend'] ?? job.outputs['withdraw'] ?? null
  return {
    commit: async (tx) => {
      const now = parts.clock.now()
      const instance = await instanceById(tx, instanceId)
      if (leftBehind !== null && parts.backend !== null) {
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
    },
  }
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
