/** Back to the newest snapshot. */
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { changeInstance, instancesOf } from '../../db/store/share-instances.ts'
import {
  changeSnapshotInstance,
  newestSnapshot,
  snapshotById,
  snapshotInstancesOf,
} from '../../db/store/snapshots.ts'
import { instanceLane } from '../../model/lanes.ts'
import { Fault, fault } from '../../model/errors.ts'
import { shareGates } from '../../model/gates/shares.ts'
import { shareAllows, snapshotAllows, type Allows, type ShareStatus } from '../../model/states.ts'
import { refuseLargerThanAllowed } from './new-share.ts'
import { refuse } from '../barriers.ts'
import { findShareToChange } from './find.ts'
import { refuseBeyondType, typeOfShare } from './resize.ts'

export async function revert(
  ctx: Ctx,
  id: string,
  snapshotId: string,
  allows: Allows<ShareStatus> = shareAllows.revert,
): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:revert_to_snapshot')
  const found = await snapshotById(ctx.tx, snapshotId)
  const snapshot = found?.share_id === share.id ? found : null
  const newest = (await newestSnapshot(ctx.tx, share.id)) ?? null
  const instances = await instancesOf(ctx.tx, share.id)
  const instance = instances.find((row) => row.id === share.instance_id)
  const snapshotInstance =
    snapshot === null
      ? undefined
      : (await snapshotInstancesOf(ctx.tx, snapshot.id)).find(
          (row) => row.share_instance_id === share.instance_id,
        )
  const placed = snapshotInstance !== undefined && instance !== undefined
  await refuse(ctx, shareGates.revert({ share, snapshot, newest, instances, placed, allows }), share)
  // The gate has refused these; done nothing and said yes would be the worst of answers.
  if (snapshot === null || snapshotInstance === undefined || instance === undefined)
    throw new Error(`the gate of reverting let through what can't be reverted: share ${share.id}`)
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
      from: allows.states,
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
