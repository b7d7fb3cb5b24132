/** How instances and shares go. */
import { shareCharges } from '../../model/charges.ts'
import type { Tx } from '../../db/schema.ts'
import { forgetAffinity } from '../../db/store/affinity.ts'
import { leavePool } from '../../db/store/instance-places.ts'
import { letGoOfMountPointName } from '../../db/store/mount-point-names.ts'
import { settle } from '../quotas.ts'
import { recordEvent, recordTombstone } from '../../db/store/records.ts'
import {
  deleteInstance,
  instanceById,
  instancesOf,
  type InstanceRow,
  type ShareRow,
} from '../../db/store/share-instances.ts'
import { takeShareOfInstance } from '../../db/store/share-turns.ts'
import { deleteShare } from '../../db/store/shares.ts'
import { refresh, type InstanceChange } from './change.ts'

/**
 * Removes an instance and what hangs on it; gives its pool space back; with the last instance the share goes, its quota is
 * released and a tombstone stays. False when the instance is gone already. With `leftBehind` something of it may still be
 * exported (see `recordOrphan`), and its mount point name stays taken.
 */
export async function removeInstance(
  tx: Tx,
  instanceId: string,
  change: Pick<InstanceChange, 'now' | 'requestId' | 'operationId'>,
  { leftBehind = false }: { readonly leftBehind?: boolean } = {},
): Promise<boolean> {
  const share = await takeShareOfInstance(tx, instanceId)
  // One without a share is nobody's, and goes as well.
  const before =
    share === undefined
      ? [await instanceById(tx, instanceId)].filter((row) => row !== undefined)
      : await instancesOf(tx, share.id)
  const instance = before.find(({ id }) => id === instanceId)
  if (instance === undefined) return false
  if (!leftBehind && share?.mount_point_name !== null) await letGoOfMountPointName(tx, instanceId)
  await leavePool(tx, instance)
  await deleteInstance(tx, instanceId)
  if (share === undefined) return true
  const left = before.filter((row) => row !== instance)
  if (left.length > 0) await refresh(tx, share, { before, after: left }, change)
  else await removeShare(tx, share, before, change)
  return true
}

async function removeShare(
  tx: Tx,
  share: ShareRow,
  instances: readonly InstanceRow[],
  change: Pick<InstanceChange, 'now' | 'requestId' | 'operationId'>,
): Promise<void> {
  const shareId = share.id
  await deleteShare(tx, shareId)
  await forgetAffinity(tx, shareId)
  await settle(tx, { before: shareCharges(share, instances), after: [] }, null)
  await recordTombstone(tx, 'share', share, change.now)
  await recordEvent(tx, {
    projectId: share.project_id,
    resourceType: 'share',
    resourceId: shareId,
    event: 'share.deleted',
    requestId: change.requestId ?? null,
    operationId: change.operationId ?? null,
    now: change.now,
  })
}
