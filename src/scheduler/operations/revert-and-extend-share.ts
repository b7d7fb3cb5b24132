/** The scheduler's part of a revert to a snapshot that is larger than the share: the claim of what it grows by. */
import { revertEndedBadly } from '../../lifecycle/shares/endings.ts'
import { operation, type OperationCode } from '../../engine/operation.ts'
import { growInPlace } from './grow.ts'
import { ending, type SchedulerParts } from './parts.ts'

export function revertAndExtendShare(parts: SchedulerParts): OperationCode<'revert-and-extend-share'> {
  return operation('revert-and-extend-share', 'scheduler', {
    steps: { place: growInPlace(parts, (payload) => ({ ...payload, unchecked: false })) },
    failed: (tx, job, cause, undone) => {
      const { snapshotInstanceId } = job.payload
      const end = ending(parts, job, job.payload, cause, undone)
      return revertEndedBadly(tx, { ...end, snapshotInstanceId })
    },
  })
}
