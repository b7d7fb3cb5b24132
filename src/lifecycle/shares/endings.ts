/**
 * How work that begins at the scheduler ends when it fails: the state, the quota, the owner's message. An operation is
 * unwound back to its first step, so it is the scheduler that writes these, whoever failed.
 */
import { knownDetail } from '../../model/messages.ts'
import type { Unmet } from '../../model/unmet.ts'
import type { Tx } from '../../db/schema.ts'
import { recordMessage } from '../../db/store/records.ts'
import { releasePlacement, takeOutOfPool } from '../../db/store/instance-places.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { takeShareOfInstance } from '../../db/store/share-turns.ts'
import { changeInstance } from './change.ts'
import { changeSnapshotInstance } from '../snapshots/change.ts'
import { replaceExportLocations } from '../../db/store/export-locations.ts'

export interface Ending {
  readonly instanceId: string
  readonly shareId: string
  readonly projectId: string
  readonly requestId: string
  readonly operationId: string
  /** Its code is `no-valid-host` when no pool took it. */
  readonly cause: {
    readonly code: string
    readonly detailId?: string | null
    readonly unmet?: Unmet | null
  }
  /** False when something may be left on the backend: the instance keeps its place there. */
  readonly undone: boolean
  readonly now: number
  readonly messageTtlS: number
}

/** Manila's action ids. */
const allocateHost = '001'
const createAction = '002'
const revertAction = '006'
const extendAction = '008'
/** Manila's "An unknown error occurred.": the message says the cause in its place. */
const unknownError = '001'
const extendFailedInDriver = '015'

/** The row stays, in `error`, with a message: quota stays charged until its owner deletes it, as in Manila. */
export async function createEndedBadly(tx: Tx, ending: Ending): Promise<void> {
  await leavePool(tx, ending)
  await change(tx, ending, ['creating', 'creating_from_snapshot'], 'error', {})
  const action = ending.cause.code === 'no-valid-host' ? allocateHost : createAction
  await tell(tx, ending, action, ending.cause.detailId ?? unknownError)
}

/** Its backend has nothing of it any more; the row stays, in `error`, as when its making failed. */
export async function emptiedInstance(
  tx: Tx,
  instanceId: string,
  by: Pick<Ending, 'now' | 'requestId' | 'operationId'>,
): Promise<void> {
  const instance = await instanceById(tx, instanceId)
  if (instance === undefined) return
  await releasePlacement(tx, instance)
  await replaceExportLocations(tx, instanceId, [], by.now)
  const nowhere = { pool_id: null, backend_id: null, host: '', driver_state: '{}', progress: null }
  await changeInstance(tx, { instanceId, from: null, to: 'error', instance: nowhere, ...by })
}

/** The size stays what it was. A scheduler's refusal leaves the share available; a backend's failure does not. */
export async function extendEndedBadly(tx: Tx, ending: Ending): Promise<void> {
  const refused = ending.cause.code === 'no-valid-host'
  await change(tx, ending, ['extending'], refused ? 'available' : 'extending_error', { target_size: null })
  await tell(
    tx,
    ending,
    extendAction,
    ending.cause.detailId ?? (refused ? unknownError : extendFailedInDriver),
  )
}

/** A scheduler's refusal leaves share and snapshot as they were; after a backend's failure nobody knows what the share holds. */
export async function revertEndedBadly(
  tx: Tx,
  ending: Ending & { readonly snapshotInstanceId: string },
): Promise<void> {
  const { snapshotInstanceId, now, requestId, operationId } = ending
  const to = ending.cause.code === 'no-valid-host' ? 'available' : 'reverting_error'
  const moved = await change(tx, ending, ['reverting'], to, { target_size: null })
  const stamp = { now, requestId, operationId }
  await changeSnapshotInstance(tx, { snapshotInstanceId, from: ['restoring'], to: 'available', ...stamp })
  if (moved) await tell(tx, ending, revertAction, ending.cause.detailId ?? unknownError)
}

/** Nothing was charged yet; the row stays for its administrator to unmanage or delete. */
export async function manageEndedBadly(tx: Tx, ending: Ending): Promise<void> {
  await takeShareOfInstance(tx, ending.instanceId)
  const instance = await instanceById(tx, ending.instanceId)
  if (instance !== undefined && ending.undone) await releasePlacement(tx, instance)
  await change(tx, ending, ['manage_starting'], 'manage_error', { size: 0 })
  await tell(tx, ending, createAction, ending.cause.detailId ?? unknownError)
}

/** With nothing left on any backend the instance is nowhere again. */
async function leavePool(tx: Tx, ending: Ending): Promise<void> {
  await takeShareOfInstance(tx, ending.instanceId)
  const instance = await instanceById(tx, ending.instanceId)
  if (instance === undefined || !ending.undone) return
  await takeOutOfPool(tx, instance)
}

function change(
  tx: Tx,
  ending: Ending,
  from: readonly string[],
  to: string,
  share: object,
): Promise<boolean> {
  const { instanceId, now, requestId, operationId } = ending
  return changeInstance(tx, { instanceId, from, to, share, now, requestId, operationId })
}

function tell(tx: Tx, ending: Ending, actionId: string, detailId: string): Promise<void> {
  return recordMessage(tx, {
    projectId: ending.projectId,
    requestId: ending.requestId,
    resourceType: 'SHARE',
    resourceId: ending.shareId,
    actionId,
    detailId: knownDetail(detailId),
    cause: ending.cause,
    now: ending.now,
    ttlS: ending.messageTtlS,
  })
}
