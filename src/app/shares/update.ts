/** Name, description, visibility. */
import type { Ctx } from '../context.ts'
import { updateShareColumns } from '../../db/store/shares.ts'
import { recordUpdate } from '../updated.ts'
import { shareGates } from '../../model/gates/shares.ts'
import { refuseAtOnce } from '../barriers.ts'
import { findShareToChange } from './find.ts'

export interface UpdateShareInput {
  readonly name?: string | null
  readonly description?: string | null
  readonly isPublic?: boolean
}

export async function update(ctx: Ctx, id: string, input: UpdateShareInput): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:update')
  if (input.isPublic === true) ctx.policy.authorize('share:set_public_share', ctx.identity)
  refuseAtOnce(shareGates.update({ share }))
  await updateShareColumns(ctx.tx, share.id, {
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(input.isPublic === undefined ? {} : { is_public: input.isPublic ? 1 : 0 }),
    updated_at: ctx.clock.now(),
  })
  await recordUpdate(ctx, 'share', share)
}
