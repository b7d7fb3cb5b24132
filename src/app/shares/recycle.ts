/** The recycle bin: in and out. */
import type { Ctx } from '../context.ts'
import { dependentsOf, updateShareColumns } from '../../db/store/shares.ts'
import { fault } from '../../model/errors.ts'
import { isBusy, shareAllows } from '../../model/states.ts'
import { findShareToChange } from './find.ts'
import { hiddenFromOwner } from './hidden.ts'

export async function softDelete(ctx: Ctx, id: string): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:soft_delete')
  const refuse = (why: string, whose = '') =>
    fault('Refused', { message: `Share ${share.id} ${why}.${whose}` })
  if (share.is_soft_deleted === 1) throw refuse('is in the recycle bin already')
  if (!shareAllows.softDelete(share)) {
    throw refuse(`is ${share.status}: it must be ${shareAllows.softDelete.states.join(', ')}`)
  }
  if (share.has_replicas === 1) throw fault('Conflict', { message: `Share ${share.id} has replicas.` })
  if (isBusy(share.task_state)) throw refuse(`is busy: its task state is ${share.task_state}`)
  const dependents = await dependentsOf(ctx.tx, share.id)
  if (dependents.snapshots > 0)
    throw refuse('has snapshots: delete them first', await hiddenFromOwner(ctx, share, 'snapshots'))
  if (dependents.backups > 0) throw refuse('has backups: delete them first')
  if (dependents.groupMembers > 0 || share.share_group_id !== null) throw refuse('belongs to a share group')
  if (dependents.deleteLocks > 0) {
    const whose = await hiddenFromOwner(ctx, share, 'locks')
    throw refuse('is locked against deletion: remove the resource lock first', whose)
  }
  const now = ctx.clock.now()
  await updateShareColumns(ctx.tx, share.id, {
    is_soft_deleted: 1,
    scheduled_to_be_deleted_at: now + ctx.settings.shares.soft_deleted_share_retention_time_s * 1_000_000,
    updated_at: now,
  })
}

/** False when it was not in the bin: nothing to do. */
export async function restore(ctx: Ctx, id: string): Promise<boolean> {
  const share = await findShareToChange(ctx, id, 'share:restore')
  if (share.is_soft_deleted === 0) return false
  if (share.status === 'deleting' || share.status === 'error_deleting') {
    throw fault('Refused', { message: `Share ${share.id} is ${share.status}: it is too late to restore it.` })
  }
  await updateShareColumns(ctx.tx, share.id, {
    is_soft_deleted: 0,
    scheduled_to_be_deleted_at: null,
    updated_at: ctx.clock.now(),
  })
  return true
}
