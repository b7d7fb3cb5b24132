/**
 * Share instances, and the one place where the state of a share changes. `changeInstance` moves an instance from one
 * status to another, refreshes what the share shows of its chosen instance, charges the quota difference and writes the
 * event: four things that must never come apart.
 */
import { shareCharges } from '../../model/charges.ts'
import { chooseInstance } from '../../model/states.ts'
import type { DbOrTx, ShareInstancesTable, SharesTable, Tx } from '../schema.ts'
import { releasePlacement } from './instance-places.ts'
import { letGoOfMountPointName } from './mount-point-names.ts'
import type { ConfiguredLimits } from './quota-room.ts'
import { settle } from './quotas.ts'
import { recordEvent, recordTombstone } from './records.ts'
import { takeShare, takeShareOfInstance, takeShares } from './share-turns.ts'

export type InstanceRow = ShareInstancesTable
export type ShareRow = SharesTable

export async function instanceById(db: DbOrTx, id: string): Promise<InstanceRow | undefined> {
  return db.selectFrom('share_instances').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function instancesOf(db: DbOrTx, shareId: string): Promise<InstanceRow[]> {
  return db
    .selectFrom('share_instances')
    .selectAll()
    .where('share_id', '=', shareId)
    .orderBy('created_at')
    .execute()
}

export interface InstanceChange {
  readonly instanceId: string
  /** Statuses it may come from; null = any (an administrator's reset, a forced delete). */
  readonly from: readonly string[] | null
  /** null leaves the status alone. */
  readonly to: string | null
  readonly instance?: Partial<Omit<InstanceRow, 'id' | 'share_id' | 'status'>>
  /** Columns of the share itself (`size`, `target_size`…). */
  readonly share?: Partial<Omit<ShareRow, 'id'>>
  readonly now: number
  readonly requestId?: string | null
  readonly operationId?: string | null
  /** Given when the change is a user's request that quota may refuse. */
  readonly enforce?: ConfiguredLimits | null
}

/**
 * Applies the change if the instance is in one of `from`; false when it isn't (somebody else won). Throws `OverQuota` only
 * with `enforce`.
 */
export async function changeInstance(tx: Tx, change: InstanceChange): Promise<boolean> {
  const share = await takeShareOfInstance(tx, change.instanceId)
  if (share === undefined) return false
  const before = await instancesOf(tx, share.id)
  const instance = before.find(({ id }) => id === change.instanceId)
  if (instance === undefined || change.from?.includes(instance.status) === false) return false
  const columns = {
    ...change.instance,
    status: change.to ?? instance.status,
    updated_at: change.now,
  }
  await tx.updateTable('share_instances').set(columns).where('id', '=', instance.id).execute()
  const after = before.map((row) => (row === instance ? { ...row, ...columns } : row))
  await refresh(tx, share, { before, after }, change)
  return true
}

type Refresh = Pick<InstanceChange, 'share' | 'now' | 'requestId' | 'operationId' | 'enforce'>

/** Copies the chosen instance's columns to the share, settles quota and writes the event when the status moved. */
export async function refreshShare(tx: Tx, shareId: string, change: Refresh): Promise<void> {
  const share = await takeShare(tx, shareId)
  if (share === undefined) return
  const instances = await instancesOf(tx, shareId)
  await refresh(tx, share, { before: instances, after: instances }, change)
}

/** `instances`: all that the share had and has. */
async function refresh(
  tx: Tx,
  before: ShareRow,
  instances: { readonly before: readonly InstanceRow[]; readonly after: readonly InstanceRow[] },
  change: Refresh,
): Promise<void> {
  const shareId = before.id
  const chosen = chooseInstance(instances.after)
  if (chosen === undefined) return
  const shown = { ...change.share, ...shownOf(chosen), updated_at: change.now }
  await tx.updateTable('shares').set(shown).where('id', '=', shareId).execute()
  const after: ShareRow = { ...before, ...shown }
  const lines = {
    before: shareCharges(before, instances.before),
    after: shareCharges(after, instances.after),
  }
  await settle(tx, lines, change.enforce ?? null)
  if (before.status === after.status && before.size === after.size) return
  await recordEvent(tx, {
    projectId: after.project_id,
    resourceType: 'share',
    resourceId: shareId,
    event: 'share.status',
    requestId: change.requestId ?? null,
    operationId: change.operationId ?? null,
    detail: { from: before.status, to: after.status, size: after.size },
    now: change.now,
  })
}

/** What a share shows of an instance. */
export function shownOf(
  instance: InstanceRow,
): Pick<
  ShareRow,
  | 'instance_id'
  | 'status'
  | 'host'
  | 'availability_zone_id'
  | 'share_type_id'
  | 'share_network_id'
  | 'share_server_id'
  | 'access_rules_status'
  | 'progress'
> {
  return {
    instance_id: instance.id,
    status: instance.status,
    host: instance.host,
    availability_zone_id: instance.availability_zone_id,
    share_type_id: instance.share_type_id,
    share_network_id: instance.share_network_id,
    share_server_id: instance.share_server_id,
    access_rules_status: instance.access_rules_status,
    progress: instance.progress,
  }
}

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
  const instance = await instanceById(tx, instanceId)
  if (instance === undefined) return false
  if (!leftBehind) await letGoOfMountPointName(tx, instanceId)
  await releasePlacement(tx, instance)
  const locations = tx
    .selectFrom('share_instance_export_locations')
    .select('id')
    .where('share_instance_id', '=', instanceId)
  await tx.deleteFrom('export_location_metadata').where('export_location_id', 'in', locations).execute()
  await tx.deleteFrom('share_instance_export_locations').where('share_instance_id', '=', instanceId).execute()
  await tx.deleteFrom('access_rule_mappings').where('share_instance_id', '=', instanceId).execute()
  await tx.deleteFrom('usages').where('id', '=', instanceId).execute()
  await tx.deleteFrom('share_instances').where('id', '=', instanceId).execute()
  const left = await instancesOf(tx, instance.share_id)
  if (share === undefined) return true
  const before = [...left, instance]
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
  const rules = tx.selectFrom('access_rules').select('id').where('share_id', '=', shareId)
  await tx.deleteFrom('access_rule_metadata').where('access_rule_id', 'in', rules).execute()
  await tx.deleteFrom('resource_locks').where('resource_id', 'in', rules).execute()
  await tx.deleteFrom('access_rules').where('share_id', '=', shareId).execute()
  await tx.deleteFrom('share_metadata').where('share_id', '=', shareId).execute()
  await tx.deleteFrom('resource_locks').where('resource_id', '=', shareId).execute()
  await tx.deleteFrom('shares').where('id', '=', shareId).execute()
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

/** Other shares no longer name the deleted one in their affinity hints. */
async function forgetAffinity(tx: Tx, shareId: string): Promise<void> {
  const keys = ['__affinity_same_host', '__affinity_different_host']
  const naming = tx
    .selectFrom('share_metadata')
    .selectAll()
    .where('meta_key', 'in', keys)
    .where('meta_value', 'like', `%${shareId}%`)
  const ids = (await naming.execute()).map((row) => row.share_id)
  if (ids.length === 0) return
  // Read again in their turns: a share that is made meanwhile may write itself into the same item.
  await takeShares(tx, ids)
  const rows = await naming.execute()
  for (const row of rows) {
    const left = row.meta_value.split(',').filter((id) => id !== shareId)
    const here = tx
      .deleteFrom('share_metadata')
      .where('share_id', '=', row.share_id)
      .where('meta_key', '=', row.meta_key)
    await here.execute()
    if (left.length > 0)
      await tx
        .insertInto('share_metadata')
        .values({ ...row, meta_value: left.join(',') })
        .execute()
  }
}
