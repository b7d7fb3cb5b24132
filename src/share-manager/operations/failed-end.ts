import type { Ending } from '../../lifecycle/shares/endings.ts'
import type { GroupEnding } from '../../lifecycle/share-groups/endings.ts'
import type { Cause, Job } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'

/** What the store's endings need to know of an operation that failed. */
export function failedEnd(
  parts: StepParts,
  job:
    | Job<'create-share'>
    | Job<'extend-share'>
    | Job<'manage-share'>
    | Job<'revert-share'>
    | Job<'revert-and-extend-share'>,
  cause: Cause,
  undone: boolean,
): Ending {
  return {
    shareId: job.payload.shareId,
    instanceId: job.payload.instanceId,
    projectId: job.projectId,
    requestId: job.requestId,
    operationId: job.operationId,
    cause,
    undone,
    now: parts.clock.now(),
    messageTtlS: parts.settings.shares.message_ttl_s,
  }
}

/** The same of share groups and their snapshots. */
export const groupEnd = (
  parts: StepParts,
  job: Job & { readonly payload: { readonly groupId: string } },
  cause: Cause,
): GroupEnding => ({
  groupId: job.payload.groupId,
  projectId: job.projectId,
  requestId: job.requestId,
  operationId: job.operationId,
  cause,
  now: parts.clock.now(),
  messageTtlS: parts.settings.shares.message_ttl_s,
})
