/**
 * An administrator writes a status by hand. It is only a status: whatever was running is fenced off first and its
 * operation ends as cancelled; nothing is done to the backend.
 */
import type { Ctx } from '../context.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { type InstanceRow } from '../../db/store/share-instances.ts'
import { updateShareColumns } from '../../db/store/shares.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { endOperations } from '../operations/end.ts'
import { instanceLane } from '../../model/lanes.ts'
import { fault, invalid } from '../../model/errors.ts'
import { resettableStatuses, taskStates } from '../../model/states.ts'
import { recordUpdate } from '../updated.ts'
import { findShareToChange, refuseSoftDeleted } from './find.ts'

export async function resetStatus(ctx: Ctx, id: string, status: string): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:reset_status')
  refuseSoftDeleted(share)
  const instance = await instanceById(ctx.tx, share.instance_id)
  if (instance === undefined) throw fault('ShareNotFound', { id })
  await resetInstanceStatus(ctx, instance, status)
}

/** Used for `share_instances/{id}/action` too. */
export async function resetInstanceStatus(ctx: Ctx, instance: InstanceRow, status: string): Promise<void> {
  if (!(resettableStatuses as readonly string[]).includes(status)) {
    throw invalid(`status must be one of ${resettableStatuses.join(', ')}`)
  }
  await endOperations(ctx, instanceLane(instance.id), 'status-reset', 'An administrator reset the status.')
  await changeInstance(ctx.tx, {
    instanceId: instance.id,
    from: null,
    to: status,
    share: { target_size: null },
    // One that gave its quota back, or was never charged, is charged again.
    enforce: ctx.settings.quota,
    now: ctx.clock.now(),
    requestId: ctx.requestId,
  })
}

export async function resetTaskState(ctx: Ctx, id: string, taskState: string | null): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:reset_task_state')
  refuseSoftDeleted(share)
  const allowed = taskStates.filter((state) => state !== 'migration_driver_starting')
  if (taskState !== null && !(allowed as readonly string[]).includes(taskState)) {
    throw invalid(`task_state must be null or one of ${allowed.join(', ')}`)
  }
  await updateShareColumns(ctx.tx, share.id, { task_state: taskState, updated_at: ctx.clock.now() })
  await recordUpdate(ctx, 'share', share)
}
