/** A point-in-time copy of a share. In the request's transaction: quota, the snapshot, its instance, the operation. */
import { randomUUID } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { roomForExport, roomForMetadata } from '../limits.ts'
import type { SnapshotInstancesTable, SnapshotsTable } from '../../db/schema.ts'
import { settle } from '../../lifecycle/quotas.ts'
import { recordEvent } from '../../db/store/records.ts'
import { instanceById, type InstanceRow } from '../../db/store/share-instances.ts'
import type { ShareRow } from '../../db/store/shares.ts'
import { insertSnapshot } from '../../db/store/snapshot-list.ts'
import { changeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import { newestSnapshot } from '../../db/store/snapshots.ts'
import { instanceLane } from '../../model/lanes.ts'
import { fault } from '../../model/errors.ts'
import { snapshotCharges } from '../../model/charges.ts'
import { shareGates } from '../../model/gates/shares.ts'
import { refuseAtOnce } from '../barriers.ts'
import { snapshotAllowsAgain } from '../../model/states.ts'
import { findShareToChange } from '../shares/find.ts'
import { findSnapshotToChange, parentOf, placedInstancesOf } from './find.ts'

export interface CreateSnapshotInput {
  readonly shareId: string
  readonly name: string | null
  readonly description: string | null
  readonly metadata: Readonly<Record<string, string>>
}

/** Answers the new snapshot's id. */
export async function create(ctx: Ctx, input: CreateSnapshotInput): Promise<string> {
  const share = await findShareToChange(ctx, input.shareId, 'share:create_snapshot')
  const instance = (await instanceById(ctx.tx, share.instance_id)) ?? null
  refuseAtOnce(shareGates.createSnapshot({ share, instance }))
  if (instance === null) throw fault('ShareNotFound', { id: share.id })
  if (share.mount_snapshot_support === 1)
    await roomForExport(ctx, {
      backendId: instance.backend_id,
      protocol: share.share_proto,
      projectId: share.project_id,
    })
  const rows = snapshotRows(ctx, share, instance, { ...input, status: 'creating', providerLocation: null })
  const { snapshot } = rows
  await settle(ctx.tx, { before: [], after: snapshotCharges(snapshot, share) }, ctx.settings.quota)
  await roomForMetadata(ctx, snapshot.project_id, { adding: Object.keys(input.metadata).length })
  await insertSnapshot(ctx.tx, snapshot, rows.instance, input.metadata)
  await recordEvent(ctx.tx, {
    projectId: snapshot.project_id,
    resourceType: 'snapshot',
    resourceId: snapshot.id,
    event: 'snapshot.created',
    requestId: ctx.requestId,
    detail: { share_id: share.id, size: snapshot.size },
    now: snapshot.created_at,
  })
  await startCreate(ctx, snapshot, rows.instance.id, instance)
  return snapshot.id
}

/**
 * A snapshot whose making failed is taken once more, of the share as it is now. It is charged already, for the size it was asked for at; nothing
 * newer may be there, or the order of snapshots would not be that of what they hold.
 */
export async function createAgain(ctx: Ctx, id: string): Promise<void> {
  const snapshot = await findSnapshotToChange(ctx, id, 'share:create_snapshot')
  const share = await parentOf(ctx, snapshot)
  const [placed] = await placedInstancesOf(ctx, snapshot.id)
  refuseAtOnce(shareGates.createSnapshot({ share, instance: placed?.instance ?? null }))
  const conflict = (message: string) => fault('Conflict', { message })
  if (share.size !== snapshot.size)
    throw conflict(
      `Share ${share.id} had another size then: delete snapshot ${snapshot.id} and take a new one.`,
    )
  if ((await newestSnapshot(ctx.tx, share.id))?.id !== snapshot.id)
    throw conflict(
      `Share ${share.id} has a newer snapshot: delete snapshot ${snapshot.id} and take a new one.`,
    )
  const { snapshotInstance, instance } = placed ?? {}
  const moved =
    snapshotInstance !== undefined &&
    instance !== undefined &&
    (await changeSnapshotInstance(ctx.tx, {
      snapshotInstanceId: snapshotInstance.id,
      from: snapshotAllowsAgain.create.states,
      to: 'creating',
      now: ctx.clock.now(),
      requestId: ctx.requestId,
      enforce: ctx.settings.quota,
    }))
  if (!moved) throw fault('LostRace', { message: `Snapshot ${snapshot.id} changed meanwhile: ask again.` })
  await startCreate(ctx, snapshot, snapshotInstance.id, instance)
}

const startCreate = (
  ctx: Ctx,
  snapshot: Pick<SnapshotsTable, 'id' | 'share_id' | 'project_id'>,
  snapshotInstanceId: string,
  instance: InstanceRow,
) =>
  start(ctx, {
    kind: 'create-snapshot',
    payload: {
      snapshotId: snapshot.id,
      snapshotInstanceId,
      shareId: snapshot.share_id,
      instanceId: instance.id,
    },
    resourceId: snapshot.id,
    lanes: [instanceLane(instance.id)],
    backendId: instance.backend_id,
    projectId: snapshot.project_id,
  })

/** A snapshot belongs to whoever takes it, as in the original. */
export function snapshotRows(
  ctx: Ctx,
  share: ShareRow,
  shareInstance: InstanceRow,
  from: {
    readonly name: string | null
    readonly description: string | null
    readonly status: 'creating' | 'manage_starting'
    readonly providerLocation: string | null
    /** Of a member. */
    readonly groupSnapshotId?: string
  },
): { readonly snapshot: SnapshotsTable; readonly instance: SnapshotInstancesTable } {
  const now = ctx.clock.now()
  const snapshot: SnapshotsTable = {
    id: randomUUID(),
    share_id: share.id,
    project_id: ctx.identity.projectId,
    user_id: ctx.identity.userId,
    name: from.name,
    description: from.description,
    size: share.size,
    share_size: share.size,
    share_proto: share.share_proto,
    share_group_snapshot_id: from.groupSnapshotId ?? null,
    status: from.status,
    created_at: now,
    updated_at: null,
  }
  const instance: SnapshotInstancesTable = {
    id: randomUUID(),
    snapshot_id: snapshot.id,
    share_instance_id: shareInstance.id,
    status: from.status,
    progress: null,
    provider_location: from.providerLocation,
    driver_state: '{}',
    access_generation: 0,
    access_applied: 0,
    created_at: now,
    updated_at: null,
  }
  return { snapshot, instance }
}
