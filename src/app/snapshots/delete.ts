/** Ways for a snapshot to end: delete, force delete, unmanage. A clone that still reads it holds the lane, so the deletion waits. */
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { changeSnapshotInstance, removeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import { type SnapshotRow } from '../../db/store/snapshots.ts'
import { instanceLane } from '../../model/lanes.ts'
import { fault } from '../../model/errors.ts'
import { snapshotGates } from '../../model/gates/snapshots.ts'
import { snapshotAllows, snapshotAllowsAgain } from '../../model/states.ts'
import { refuseAtOnce } from '../barriers.ts'
import { endOperationsOf } from '../operations/end-of-resource.ts'
import { findSnapshotToChange, parentOf, placedInstancesOf, type PlacedInstance } from './find.ts'

export async function remove(ctx: Ctx, id: string): Promise<void> {
  const snapshot = await findSnapshotToChange(ctx, id, 'share:delete_snapshot')
  refuseAtOnce(snapshotGates.delete({ snapshot }))
  const deferred = ctx.settings.shares.is_deferred_deletion_enabled
  for (const placed of await placedInstancesOf(ctx, snapshot.id)) {
    await removeOne(ctx, snapshot, placed, { force: false, deferred })
  }
}

/** Once more what a backend refused: quota that was given back stays given back. */
export async function removeAgain(ctx: Ctx, id: string): Promise<void> {
  const allows = snapshotAllowsAgain.delete
  const snapshot = await findSnapshotToChange(ctx, id, 'share:delete_snapshot')
  refuseAtOnce(snapshotGates.delete({ snapshot, allows }))
  for (const placed of await placedInstancesOf(ctx, snapshot.id)) {
    if (!allows(placed.snapshotInstance)) continue
    const deferred = placed.snapshotInstance.status === 'error_deferred_deleting'
    await removeOne(ctx, snapshot, placed, { force: false, deferred }, allows.states)
  }
}

/** An administrator's last word: what runs for the snapshot is fenced off first. */
export async function forceDelete(ctx: Ctx, id: string): Promise<void> {
  const snapshot = await findSnapshotToChange(ctx, id, 'share_snapshot:force_delete')
  const message = 'An administrator deleted the snapshot by force.'
  for (const placed of await placedInstancesOf(ctx, snapshot.id)) {
    const lane = instanceLane(placed.snapshotInstance.share_instance_id)
    await endOperationsOf(ctx, lane, snapshot.id, { code: 'force-deleted', message })
    await removeOne(ctx, snapshot, placed, { force: true, deferred: false })
  }
}

async function removeOne(
  ctx: Ctx,
  snapshot: SnapshotRow,
  { snapshotInstance, instance }: PlacedInstance,
  deletion: { readonly force: boolean; readonly deferred: boolean },
  from: readonly string[] = snapshotAllows.delete.states,
): Promise<void> {
  const settle = { now: ctx.clock.now(), requestId: ctx.requestId }
  if (instance === undefined || instance.backend_id === null) {
    // There is no backend that could know it.
    await removeSnapshotInstance(ctx.tx, snapshotInstance.id, settle)
    return
  }
  const moved = await changeSnapshotInstance(ctx.tx, {
    ...settle,
    snapshotInstanceId: snapshotInstance.id,
    from: deletion.force ? null : from,
    to: deletion.deferred ? 'deferred_deleting' : 'deleting',
  })
  if (!moved) throw lostRace(snapshot)
  await start(ctx, {
    kind: 'delete-snapshot',
    payload: {
      snapshotId: snapshot.id,
      snapshotInstanceId: snapshotInstance.id,
      shareId: snapshot.share_id,
      instanceId: instance.id,
      ...deletion,
    },
    resourceId: snapshot.id,
    lanes: [instanceLane(instance.id)],
    backendId: instance.backend_id,
    projectId: snapshot.project_id,
  })
}

/** The backend forgets it, the data stays. */
export async function unmanage(ctx: Ctx, id: string): Promise<void> {
  const snapshot = await findSnapshotToChange(ctx, id, 'share_snapshot:unmanage_snapshot')
  const share = await parentOf(ctx, snapshot)
  refuseAtOnce(snapshotGates.unmanage({ snapshot, share, flags: ctx.flags }))
  for (const { snapshotInstance, instance } of await placedInstancesOf(ctx, snapshot.id)) {
    const settle = { now: ctx.clock.now(), requestId: ctx.requestId }
    if (instance === undefined || instance.backend_id === null) {
      await removeSnapshotInstance(ctx.tx, snapshotInstance.id, settle)
      continue
    }
    const moved = await changeSnapshotInstance(ctx.tx, {
      ...settle,
      snapshotInstanceId: snapshotInstance.id,
      from: snapshotAllows.unmanage.states,
      to: 'unmanage_starting',
    })
    if (!moved) throw lostRace(snapshot)
    await start(ctx, {
      kind: 'unmanage-snapshot',
      payload: {
        snapshotId: snapshot.id,
        snapshotInstanceId: snapshotInstance.id,
        shareId: snapshot.share_id,
        instanceId: instance.id,
      },
      resourceId: snapshot.id,
      lanes: [instanceLane(instance.id)],
      backendId: instance.backend_id,
      projectId: snapshot.project_id,
    })
  }
}

const lostRace = (snapshot: SnapshotRow) =>
  fault('LostRace', { message: `Snapshot ${snapshot.id} changed meanwhile: ask again.` })
