/**
 * The scheduler's part of taking a share over: does the pool its administrator named satisfy the type? Nothing is
 * claimed yet, because the size is known only to the backend.
 */
import { manageEndedBadly } from '../../lifecycle/shares/endings.ts'
import { nameThePool } from '../../db/store/instance-places.ts'
import { isComingUp, poolRecord } from '../../db/store/pools.ts'
import { takeShare } from '../../db/store/share-turns.ts'
import { placedType } from '../../db/store/share-types.ts'
import { operation, StepFailure, type OperationCode } from '../../engine/operation.ts'
import { named } from '../ledger.ts'
import { place } from '../place.ts'
import { poolView } from '../pool-views.ts'
import { placementRequest } from '../request.ts'
import { claimOptions, ending, type SchedulerParts } from './parts.ts'

export function manageShare(parts: SchedulerParts): OperationCode<'manage-share'> {
  return operation('manage-share', 'scheduler', {
    steps: {
      place: {
        // No undo: this step only looks and writes where the share is.
        write: async (tx, { payload }, record) => {
          const share = await takeShare(tx, payload.shareId)
          const found = await poolRecord(tx, payload.pool)
          if (share === undefined || found === undefined) {
            const message = `Pool ${payload.pool} or share ${payload.shareId} is gone.`
            throw new StepFailure('unwind', { code: 'no-valid-host', message, retryable: false })
          }
          const options = claimOptions(parts)
          const request = placementRequest({
            kind: 'manage',
            sizeGib: 0,
            shareType: await placedType(tx, share.share_type_id),
            shareProto: share.share_proto,
            share: { id: share.id, projectId: share.project_id },
          })
          const placed = place(request, [poolView(found, options.upSince)], options)
          const { ranked, refusals, detailId } = placed
          if (ranked.length === 0) {
            const message = refusals.map(({ why }) => why).join(' ') || `Pool ${payload.pool} does not fit.`
            const cause = {
              code: 'no-valid-host',
              message,
              retryable: false,
              detailId,
              unmet: named(placed.unmet, true),
            }
            const soon = await isComingUp(tx, options.upSince, found.backend_label)
            throw new StepFailure(soon ? 'wait' : 'unwind', cause, { refusals })
          }
          await nameThePool(tx, payload.instanceId, {
            poolId: found.id,
            backendId: found.backend_id,
            label: found.label,
          })
          record.route(found.backend_id)
        },
      },
    },
    failed: (tx, job, cause, undone) => manageEndedBadly(tx, ending(parts, job, job.payload, cause, undone)),
  })
}
