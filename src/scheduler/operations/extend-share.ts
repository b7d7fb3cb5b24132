/** The scheduler's part of a larger share: room in the pool where it is, and the claim on it. */
import { extendEndedBadly } from '../../lifecycle/shares/endings.ts'
import { operation, type OperationCode } from '../../engine/operation.ts'
import { growInPlace } from './grow.ts'
import { ending, type SchedulerParts } from './parts.ts'

export function extendShare(parts: SchedulerParts): OperationCode<'extend-share'> {
  return operation('extend-share', 'scheduler', {
    steps: { place: growInPlace(parts, (payload) => ({ ...payload, unchecked: payload.force })) },
    failed: (tx, job, cause, undone) => extendEndedBadly(tx, ending(parts, job, job.payload, cause, undone)),
  })
}
