/** The scheduler's part of a new share: which pool, and the claim on it. */
import type { Tx } from '../../db/schema.ts'
import { createEndedBadly } from '../../lifecycle/shares/endings.ts'
import { chosenPlace, showChosenPlace, takeOutOfPool } from '../../db/store/instance-places.ts'
import { instanceWithShare, type InstanceWithShare } from '../../db/store/instance-with-share.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { takeShare } from '../../db/store/share-turns.ts'
import { operation, StepFailure, type Job, type OperationCode } from '../../engine/operation.ts'
import { claimPool } from '../ledger.ts'
import { requestFor } from '../new-share-request.ts'
import type { PlacementRequest } from '../types.ts'
import { askedBy, claimOptions, ending, type SchedulerParts } from './parts.ts'

/** Placing is the same in both versions. */
export function createShare(parts: SchedulerParts, version: 1 | 2): OperationCode<'create-share'> {
  return operation('create-share', 'scheduler', {
    version,
    steps: {
      place: {
        write: async (tx, job, record) => {
          // Before the pool, which all wait for: who deletes a share takes them in this order.
          const share = await takeShare(tx, job.payload.shareId)
          const found = await instanceWithShare(tx, job.payload.instanceId)
          if (share === undefined || found === undefined) throw gone(job)
          const { instance } = found
          if (instance.pool_id !== null) return record.route(instance.backend_id ?? '')
          const options = claimOptions(parts)
          const pool = await claimPool(tx, await request(tx, parts, job, found), instance.id, {
            ...options,
            ...askedBy(parts, job),
            owner: ({ id, backendId, label, zone }) =>
              chosenPlace({ poolId: id, backendId, label, zoneId: zone.id }, options.now),
            last: record.last,
          })
          await showChosenPlace(tx, instance, { label: pool.label, zoneId: pool.zone.id })
          record.route(pool.backendId)
        },
        // The claim was one transaction with the record of the step, so taking it back is one too.
        undo: async (job) => ({
          commit: async (tx) => {
            await takeShare(tx, job.payload.shareId)
            const instance = await instanceById(tx, job.payload.instanceId)
            if (instance === undefined || job.leftBehind) return
            await takeOutOfPool(tx, instance)
          },
        }),
      },
    },
    failed: (tx, job, cause, undone) => createEndedBadly(tx, ending(parts, job, job.payload, cause, undone)),
  })
}

async function request(
  tx: Tx,
  parts: SchedulerParts,
  job: Job<'create-share'>,
  { share, type }: InstanceWithShare,
): Promise<PlacementRequest> {
  const { payload } = job
  return requestFor(tx, parts.settings, {
    ...payload,
    share: { id: share.id, projectId: share.project_id, fields: { name: share.name, size: share.size } },
    protocol: share.share_proto,
    shareType: type,
    // Pools that took it and then could not are not asked again.
    excludedPools: job.refusals.filter(({ filter }) => filter === 'Attempt').map(({ pool }) => pool),
  })
}

function gone(job: Job<'create-share'>): StepFailure {
  const message = `Share ${job.payload.shareId} was deleted before it was placed.`
  return new StepFailure('unwind', { code: 'share-gone', message, retryable: false })
}
