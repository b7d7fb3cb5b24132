/** More room in the pool where a share is: the claim on it, and its taking back. */
import { releaseClaim } from '../../db/store/pools.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { takeShare } from '../../db/store/share-turns.ts'
import { placedType } from '../../db/store/share-types.ts'
import { StepFailure, type Job, type StepCode } from '../../engine/operation.ts'
import type { OperationKind } from '../../model/operations.ts'
import { claimPool } from '../ledger.ts'
import { placementRequest } from '../request.ts'
import { askedBy, claimOptions, type SchedulerParts } from './parts.ts'

interface Growth {
  readonly shareId: string
  readonly instanceId: string
  readonly fromGib: number
  readonly toGib: number
}

/** `unchecked`: an administrator's force. */
export function growInPlace<Kind extends OperationKind>(
  parts: SchedulerParts,
  growthOf: (payload: Job<Kind>['payload']) => Growth & { unchecked: boolean },
): StepCode<Kind> {
  return {
    write: async (tx, job, record) => {
      const { shareId, instanceId, fromGib, toGib, unchecked } = growthOf(job.payload)
      const share = await takeShare(tx, shareId)
      const instance = await instanceById(tx, instanceId)
      if (share === undefined || instance === undefined || instance.backend_id === null) {
        const message = `Share ${shareId} has no place on a backend.`
        throw new StepFailure('unwind', { code: 'share-gone', message, retryable: false })
      }
      const request = placementRequest({
        kind: 'extend',
        sizeGib: toGib - fromGib,
        shareType: await placedType(tx, share.share_type_id),
        shareProto: share.share_proto,
        share: { id: share.id, projectId: share.project_id, fields: { size: toGib } },
      })
      await claimPool(tx, request, instance.id, {
        ...claimOptions(parts),
        ...askedBy(parts, job),
        filters: undefined,
        only: instance.host,
        unchecked,
        last: record.last,
      })
      record.route(instance.backend_id)
    },
    undo: async ({ payload }) => ({
      commit: async (tx) => {
        const { shareId, instanceId, fromGib, toGib } = growthOf(payload)
        const share = await takeShare(tx, shareId)
        const instance = await instanceById(tx, instanceId)
        if (instance === undefined || instance.pool_id === null) return
        // Only what this step added: a step that threw in its commit added nothing. And a share that has the size keeps its room.
        if (instance.placed_gib < toGib || (share !== undefined && share.size >= toGib)) return
        await releaseClaim(tx, {
          poolId: instance.pool_id,
          ownerId: instance.id,
          gib: toGib - fromGib,
        })
      },
    }),
  }
}
