/**
 * How failed operations on shares end, where two services may be the one that ends them: the scheduler runs the first
 * step of these kinds, so it also finishes their unwinding. Call from `failed`, in its transaction.
 */
import { knownDetail, type MessageAction } from '../../model/messages.ts'
import type { Tx } from '../schema.ts'
import { recordOrphan } from './backends.ts'
import { recordMessage } from './records.ts'
import { changeInstance, instanceById, type InstanceChange } from './share-instances.ts'

export interface FailedEnd {
  readonly shareId: string
  readonly instanceId: string
  readonly projectId: string
  readonly requestId: string
  readonly operationId: string
  /** Manila's detail id, where the cause has one. */
  readonly detailId: string | null | undefined
  /** What the log and the operation say. */
  readonly why: string
  /** False when an undo gave up: something may be left on the backend. */
  readonly undone: boolean
  /** True when no pool could take it, so that no backend was asked. */
  readonly refusedByScheduler: boolean
  readonly now: number
  readonly messageTtlS: number
}

/** creating → error. The row and its quota stay until the owner deletes it, as Manila's users expect. */
export async function endFailedCreate(tx: Tx, end: FailedEnd): Promise<void> {
  await endAs(tx, end, {
    from: ['creating', 'creating_from_snapshot'],
    to: 'error',
    action: end.refusedByScheduler ? '001' : '002',
  })
}

/** extending → available when nothing was asked of the backend, else extending_error; the old size counts again. */
export async function endFailedExtend(tx: Tx, end: FailedEnd): Promise<void> {
  await endAs(tx, end, {
    from: ['extending'],
    to: end.refusedByScheduler ? 'available' : 'extending_error',
    share: { target_size: null },
    action: end.refusedByScheduler ? '001' : '008',
    detail: end.refusedByScheduler ? null : '015',
  })
}

/** manage_starting → manage_error: it never counted and has no size. */
export async function endFailedManage(tx: Tx, end: FailedEnd): Promise<void> {
  await endAs(tx, end, {
    from: ['manage_starting'],
    to: 'manage_error',
    share: { size: 0 },
    action: end.refusedByScheduler ? '001' : '002',
  })
}

interface How {
  readonly from: readonly string[]
  readonly to: string
  readonly share?: InstanceChange['share']
  readonly action: MessageAction
  /** Where the cause has no detail of its own. */
  readonly detail?: string | null
}

async function endAs(tx: Tx, end: FailedEnd, how: How): Promise<void> {
  const { now, requestId, operationId, instanceId } = end
  const instance = await instanceById(tx, instanceId)
  if (!end.undone && instance?.backend_id !== undefined && instance.backend_id !== null) {
    await recordOrphan(tx, {
      backendId: instance.backend_id,
      kind: 'share',
      resourceId: instanceId,
      driverState: instance.driver_state,
      reason: end.why,
      now,
    })
  }
  const { from, to } = how
  const share = how.share ?? {}
  await changeInstance(tx, { instanceId, from, to, share, now, requestId, operationId })
  if (instance === undefined) return
  await recordMessage(tx, {
    projectId: end.projectId,
    requestId,
    resourceType: 'SHARE',
    resourceId: end.shareId,
    actionId: how.action,
    detailId: knownDetail(end.detailId ?? how.detail),
    now,
    ttlS: end.messageTtlS,
  })
}
