/** The scheduler's part of a larger share: room in the pool where it is, and the claim on it. */
import { extendEndedBadly } from '../../db/store/endings.ts'
import { releaseClaim } from '../../db/store/pools.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { takeShare } from '../../db/store/share-turns.ts'
import { typeById } from '../../db/store/share-types.ts'
import { operation, StepFailure, type OperationCode } from '../../engine/operation.ts'
import { claimPool } from '../ledger.ts'
import { placementRequest } from '../request.ts'
import { claimOptions, ending, type SchedulerParts } from './parts.ts'

export function extendShare(parts: SchedulerParts): OperationCode<'extend-share'> {
  return operation('extend-share', 'scheduler', {
    steps: {
      place: {
        run: async ({ payload }) => ({
          commit: async (tx, record) => {
            const share = await takeShare(tx, payload.shareId)
            const instance = await instanceById(tx, payload.instanceId)
            if (share === undefined || instance === undefined || instance.backend_id === null) {
              const message = `Share ${payload.shareId} has no place on a backend.`
              throw new StepFailure('unwind', { code: 'share-gone', message, retryable: false })
            }
            const type =
              share.share_type_id === null
                ? undefined
                : await typeById(tx, { projectId: null }, share.share_type_id)
            const request = placementRequest({
              kind: 'extend',
              sizeGib: payload.toGib - payload.fromGib,
              shareType:
                type === undefined ? null : { id: type.id, name: type.name, extraSpecs: type.extra_specs },
              shareProto: share.share_proto,
              share: { id: share.id, projectId: share.project_id, fields: { size: payload.toGib } },
            })
            await claimPool(tx, request, instance.id, {
              ...claimOptions(parts),
              filters: undefined,
              only: instance.host,
              unchecked: payload.force,
            })
            record.route(instance.backend_id)
          },
        }),
        undo: async ({ payload }) => ({
          commit: async (tx) => {
            const instance = await instanceById(tx, payload.instanceId)
            if (instance === undefined || instance.pool_id === null) return
            const gib = payload.toGib - payload.fromGib
            // Only what this step added: a step that threw in its commit added nothing.
            if (instance.placed_gib < payload.toGib) return
            await releaseClaim(tx, { poolId: instance.pool_id, ownerId: instance.id, gib })
          },
        }),
      },
    },
    failed: (tx, job, cause, undone) => extendEndedBadly(tx, ending(parts, job, job.payload, cause, undone)),
  })
}
