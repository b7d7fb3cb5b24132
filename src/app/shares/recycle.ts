/** The recycle bin: in and out. */
import type { Ctx } from '../context.ts'
import { dependentsOf, updateShareColumns } from '../../db/store/shares.ts'
import { shareGates } from '../../model/gates/shares.ts'
import { refuse } from '../barriers.ts'
import { recordUpdate } from '../updated.ts'
import { findShareToChange } from './find.ts'

export async function softDelete(ctx: Ctx, id: string): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:soft_delete')
  const dependents = await dependentsOf(ctx.tx, share.id)
  await refuse(ctx, shareGates.softDelete({ share, dependents }), share)
  const now = ctx.clock.now()
  await updateShareColumns(ctx.tx, share.id, {
    is_soft_deleted: 1,
    scheduled_to_be_deleted_at: now + ctx.settings.shares.soft_deleted_share_retention_time_s * 1_000_000,
    updated_at: now,
  })
  await recordUpdate(ctx, 'share', share)
}

/** False when it was not in the bin: nothing to do. */
export async function restore(ctx: Ctx, id: string): Promise<boolean> {
  const share = await findShareToChange(ctx, id, 'share:restore')
  if (share.is_soft_deleted === 0) return false
  await refuse(ctx, shareGates.restore({ share }))
  await updateShareColumns(ctx.tx, share.id, {
    is_soft_deleted: 0,
    scheduled_to_be_deleted_at: null,
    updated_at: ctx.clock.now(),
  })
  await recordUpdate(ctx, 'share', share)
  return true
}
