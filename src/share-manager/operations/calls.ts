/**
 * What the steps of all operations share: the rows they work on, a call to the backend under the lane's fence, and what a
 * driver's three answers mean for the operation.
 */
import type { Tx } from '../../db/schema.ts'
import { changeInstance, type InstanceChange } from '../../lifecycle/shares/change.ts'
import { recordMessage, type NewMessage } from '../../db/store/records.ts'
import {
  isDriverError,
  type CallContext,
  type CreatedShare,
  type DriverReason,
} from '../../storage/contract/driver.ts'
import { LostLane } from '../../db/store/operation-records.ts'
import { StepFailure, type Cause, type Job, type Json } from '../../engine/operation.ts'
import { knownDetail, type MessageAction } from '../../model/messages.ts'
import { instanceLane } from '../../model/lanes.ts'
import type { Backend } from '../backend.ts'
import type { Guard } from '../backend-call.ts'
import type { StepParts } from '../parts.ts'
import { loadShare, loadSnapshot, type ShareSubject, type SnapshotSubject } from '../refs.ts'

// ------------------------------------------------------------------------------------------------------- rows

interface OnShare {
  readonly shareId: string
  readonly instanceId: string
}
interface OnSnapshot extends OnShare {
  readonly snapshotId: string
  readonly snapshotInstanceId: string
}

/** The share of the payload as it is now; the operation ends when it is gone. */
export async function shareOf(parts: StepParts, { payload }: { payload: OnShare }): Promise<ShareSubject> {
  const subject = await loadShare(parts.store.db, payload.instanceId)
  if (subject === undefined) throw gone(`Share instance ${payload.instanceId}`)
  return subject
}

export async function snapshotOf(
  parts: StepParts,
  { payload }: { payload: OnSnapshot },
): Promise<SnapshotSubject> {
  const subject = await loadSnapshot(parts.store.db, payload.snapshotInstanceId)
  if (subject === undefined) throw gone(`Snapshot instance ${payload.snapshotInstanceId}`)
  return subject
}

/** Deleted by force while this was under way, or before it came: nothing may be left of it. */
export function gone(what: string): StepFailure {
  return new StepFailure('unwind', {
    code: 'gone',
    message: `${what} was deleted meanwhile.`,
    retryable: false,
  })
}

// ---------------------------------------------------------------------------------------------------- backends

/** The backend this worker serves. */
export function backendOf(parts: StepParts): Backend {
  if (parts.backend !== null) return parts.backend
  const message = 'The share is on no backend.'
  throw new StepFailure('unwind', { code: 'no-backend', message, retryable: false })
}

/** The driver hasn't got the ability. */
export function unsupported(what: string, detailId: string | null = null): StepFailure {
  const message = `The backend that holds this share cannot ${what}.`
  return new StepFailure('unwind', { code: 'unsupported', message, retryable: false, detailId })
}

export interface CallRequest {
  /** For metrics: `create`, `publish`… */
  readonly name: string
  /** Whose fence guards the effect: always a *share* instance, also for its snapshots. */
  readonly instanceId: string
  /** Detail id of the user's message where the driver's reason has none. */
  readonly detailId?: string | null
  /** The pool's label, where another pool might do when this one has no room. */
  readonly elsewhere?: string
  readonly deadlineMs?: number
}

/** What an effect on a share instance, or on its snapshots, is guarded by: the fence of its lane. Throws when the operation has no place in it. */
export function guarded(job: Job, instanceId: string): Guard {
  const fence = job.fences[instanceLane(instanceId)]
  if (fence === undefined)
    throw new Error(`${job.kind} works on share instance ${instanceId} and has no place in its lane`)
  return { instanceId, fence, owned: () => job.owned() }
}

/** Calls the driver or exporter for a step. Throws {@link StepFailure}. */
export async function onBackend<T>(
  parts: StepParts,
  job: Job,
  request: CallRequest,
  work: (call: CallContext, backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = backendOf(parts)
  try {
    return await backend.call(
      {
        name: request.name,
        guarded: guarded(job, request.instanceId),
        signal: job.signal,
        deadlineMs: Math.min(job.deadlineMs, request.deadlineMs ?? job.deadlineMs),
        progress: (percent) => job.progress(percent),
        asked: { request_id: job.requestId, operation_id: job.operationId },
      },
      (call) => work(call, backend),
    )
  } catch (error) {
    // The operation is somebody else's, or will be found again once the lease is: nothing is to be written about this try.
    if (isDriverError(error) && error.reason === 'fenced') throw new LostLane(job.operationId)
    throw asStepFailure(error, request)
  }
}

/** Reasons for which users have a message of their own. */
const detailOf: Partial<Record<DriverReason, string>> = {
  'shrink-would-lose-data': '018',
  'client-forbidden': '020',
  'access-type-unsupported': '021',
  'access-level-unsupported': '021',
}

/** What a driver's answer means for the operation; anything else than a {@link DriverError} is tried again. */
export function asStepFailure(
  error: unknown,
  request: Partial<Pick<CallRequest, 'detailId' | 'elsewhere'>> = {},
): unknown {
  if (!isDriverError(error)) return error
  const { outcome, reason, retryAfterS, message } = error
  const code = reason ?? `backend-${outcome}`
  const detailId = (reason === null ? undefined : detailOf[reason]) ?? request.detailId ?? null
  const cause: Cause = {
    code,
    message,
    retryable: outcome === 'maybe-happened' || retryAfterS !== null,
    detailId,
  }
  if (outcome === 'no-room-here' && request.elsewhere !== undefined) {
    const refusals = [{ pool: request.elsewhere, filter: 'Attempt', why: message }]
    return new StepFailure('place-again', { ...cause, retryable: true }, { cause: error, refusals })
  }
  if (outcome === 'maybe-happened' || (outcome === 'nothing-happened' && retryAfterS !== null)) {
    return new StepFailure('retry', cause, { cause: error, retryAfterS })
  }
  return new StepFailure('unwind', cause, { cause: error })
}

/** Tries of a forced deletion before the backend is left behind: with the pauses between them some twenty seconds. */
const forcedTries = 4
/** Milliseconds a forced deletion waits for one answer. */
export const forcedDeadlineMs = 30_000

/**
 * Runs `work`. With `force` a backend that refuses or does not answer is given up after a few tries: then the answer is
 * why, null otherwise.
 */
export async function unlessForced(
  job: Job,
  force: boolean,
  work: () => Promise<void>,
): Promise<string | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (!force || job.signal.aborted) throw error
    const final = error instanceof StepFailure && error.outcome !== 'retry'
    if (!final && job.attempt < forcedTries) throw error
    return error instanceof Error ? error.message : String(error)
  }
}

// ----------------------------------------------------------------------------------------------------- outputs

/** What a step `backend` that makes a share remembers for the steps after it. */
export const made = ({ state, tree }: CreatedShare): Json => ({
  state,
  // A plain copy: what is remembered is JSON.
  tree: tree === null ? null : (structuredClone(tree) as unknown as Json),
})

/** What the step `name` of this operation answered; it is recorded before any later step runs. */
export function outputOf(job: Job, name: string): unknown {
  const output = job.outputs[name]
  if (output === undefined || output === null) throw new Error(`step "${name}" left nothing`)
  return output
}

// ----------------------------------------------------------------------------------------------------- records

/** Who caused a change, for its event. */
export const by = (job: Job, now: number): { now: number; requestId: string; operationId: string } => ({
  now,
  requestId: job.requestId,
  operationId: job.operationId,
})

/** Moves the instance on. A status that somebody else wrote meanwhile stays; throws when the row is gone. */
export async function moveOn(tx: Tx, change: InstanceChange): Promise<void> {
  if (await changeInstance(tx, change)) return
  if (await changeInstance(tx, { ...change, from: null, to: null })) return
  throw gone(`Share instance ${change.instanceId}`)
}

/** Tells the owner. */
export async function tell(
  tx: Tx,
  parts: StepParts,
  job: Job,
  what: Pick<NewMessage, 'resourceType' | 'resourceId'> & {
    readonly action: MessageAction
    readonly cause: Cause
  },
): Promise<void> {
  await recordMessage(tx, {
    projectId: job.projectId,
    requestId: job.requestId,
    resourceType: what.resourceType,
    resourceId: what.resourceId,
    actionId: what.action,
    detailId: knownDetail(what.cause.detailId),
    cause: what.cause,
    now: parts.clock.now(),
    ttlS: parts.settings.shares.message_ttl_s,
  })
}
