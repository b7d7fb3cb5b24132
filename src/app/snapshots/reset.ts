/** An administrator writes a status by hand. It is only a status: what runs for the snapshot is fenced off first. */
import type { Ctx } from '../context.ts'
import { changeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import { snapshotInstancesOf, type SnapshotInstanceRow } from '../../db/store/snapshots.ts'
import { instanceLane } from '../../model/lanes.ts'
import { invalid } from '../../model/errors.ts'
import { resettableSnapshotStatuses } from '../../model/states.ts'
import { endOperationsOf } from '../operations/end-of-resource.ts'
import { findSnapshotToChange } from './find.ts'

export async function resetStatus(ctx: Ctx, id: string, status: string): Promise<void> {
  const snapshot = await findSnapshotToChange(ctx, id, 'share_snapshot:reset_status')
  for (const instance of await snapshotInstancesOf(ctx.tx, snapshot.id)) {
    await resetSnapshotInstanceStatus(ctx, instance, status)
  }
}

/** Used for `snapshot-instances/{id}/action` too. */
export async function resetSnapshotInstanceStatus(
  ctx: Ctx,
  instance: SnapshotInstanceRow,
  status: string,
): Promise<void> {
  if (!(resettableSnapshotStatuses as readonly string[]).includes(status)) {
    throw invalid(`status must be one of ${resettableSnapshotStatuses.join(', ')}`)
  }
  await endOperationsOf(ctx, instanceLane(instance.share_instance_id), instance.snapshot_id, {
    code: 'status-reset',
    message: 'An administrator reset the status.',
  })
  await changeSnapshotInstance(ctx.tx, {
    snapshotInstanceId: instance.id,
    from: null,
    to: status,
    enforce: ctx.settings.quota,
    now: ctx.clock.now(),
    requestId: ctx.requestId,
  })
}
