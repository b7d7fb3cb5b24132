/** Back to the newest snapshot. */
import { type Ctx, start } from '../context.ts'
import { changeInstance, instanceById, instancesOf } from '../../db/store/share-instances.ts'
import {
  changeSnapshotInstance,
  newestSnapshot,
  snapshotById,
  snapshotInstancesOf,
} from '../../db/store/snapshots.ts'
import { instanceLane } from '../../model/lanes.ts'
import { Fault, fault, invalid } from '../../model/errors.ts'
import { shareAllows, snapshotAllows } from '../../model/states.ts'
import { refuseLargerThanAllowed } from './create.ts'
import { findShareToChange, refuseSoftDeleted } from './find.ts'
import { refuseBeyondType, typeOfShare } from './resize.ts'
import { hiddenFromOwner } from './hidden.ts'

export async function revert(ctx: Ctx, id: string, snapshotId: string): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:revert_to_snapshot')
  refuseSoftDeleted(share)
  const snapshot = await snapshotById(ctx.tx, snapshotId)
  if (snapshot === undefined || snapshot.share_id !== share.id) {
    throw invalid(`snapshot_id must be a snapshot of share ${share.id}`)
  }
  if (share.revert_to_snapshot_support === 0) {
    throw invalid(`share ${share.id} has no revert_to_snapshot_support`)
  }
  if (!shareAllows.revert(share)) {
    throw fault('Conflict', { message: `Share ${share.id} is ${share.status}: it must be available.` })
  }
  if (!snapshotAllows.revert(snapshot)) {
    throw fault('Conflict', {
      message: `Snapshot ${snapshot.id} is ${snapshot.status}: it must be available.`,
    })
  }
  if (share.task_state !== null) {
    throw fault('Conflict', { message: `Share ${share.id} is busy: its task state is ${share.task_state}.` })
  }
  const newest = await newestSnapshot(ctx.tx, share.id)
  if (newest?.id !== snapshot.id) {
    const whose =
      newest?.project_id === share.project_id ? '' : await hiddenFromOwner(ctx, share, 'snapshots')
    throw fault('Conflict', {
      message: `Only the newest snapshot can be reverted to; that is ${newest?.id}.${whose}`,
    })
  }
  const instances = await instancesOf(ctx.tx, share.id)
  if (instances.some((row) => row.access_rules_status !== 'active')) {
    throw fault('Conflict', {
      message: `Access rules of share ${share.id} are not all applied: wait or deny those in error.`,
    })
  }
  const snapshotInstance = (await snapshotInstancesOf(ctx.tx, snapshot.id)).find(
    (row) => row.share_instance_id === share.instance_id,
  )
  const instance = await instanceById(ctx.tx, share.instance_id)
  if (snapshotInstance === undefined || instance === undefined) {
    throw invalid(`snapshot ${snapshot.id} has nothing on the backend of share ${share.id}`)
  }
  const larger = snapshot.size > share.size
  try {
    // It grows: what holds for an extension holds here.
    if (larger) {
      const type = await typeOfShare(ctx, share)
      await refuseBeyondType(ctx, type?.extra_specs ?? {}, snapshot.size)
      await refuseLargerThanAllowed(ctx, snapshot.size, share)
    }
    const moved = await changeInstance(ctx.tx, {
      instanceId: instance.id,
      from: shareAllows.revert.states,
      to: 'reverting',
      share: { target_size: larger ? snapshot.size : null },
      now: ctx.clock.now(),
      requestId: ctx.requestId,
      enforce: ctx.settings.quota,
    })
    if (!moved) throw fault('LostRace', { message: `Share ${share.id} changed meanwhile: ask again.` })
  } catch (error) {
    if (error instanceof Fault && error.code === 'OverQuota') {
      throw fault('Refused', { message: error.message }, { cause: error })
    }
    throw error
  }
  await changeSnapshotInstance(ctx.tx, {
    snapshotInstanceId: snapshotInstance.id,
    from: snapshotAllows.revert.states,
    to: 'restoring',
    now: ctx.clock.now(),
    requestId: ctx.requestId,
  })
  await start(ctx, {
    kind: larger ? 'revert-and-extend-share' : 'revert-share',
    payload: {
      snapshotId: snapshot.id,
      snapshotInstanceId: snapshotInstance.id,
      shareId: share.id,
      instanceId: instance.id,
      fromGib: share.size,
      toGib: snapshot.size,
    },
    resourceId: share.id,
    lanes: [instanceLane(instance.id)],
    backendId: instance.backend_id,
    projectId: share.project_id,
  })
}
