/** Name and description. */
import type { Ctx } from '../context.ts'
import { updateGroupColumns } from '../../db/store/share-groups.ts'
import { recordUpdate } from '../updated.ts'
import { findGroupToChange } from './find.ts'

export interface UpdateGroupInput {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
}

export async function update(ctx: Ctx, id: string, input: UpdateGroupInput): Promise<void> {
  const group = await findGroupToChange(ctx, id, 'share_group:update')
  await updateGroupColumns(ctx.tx, group.id, changedWords(ctx, input))
  await recordUpdate(ctx, 'share_group', group)
}

/** The columns to write; what was not sent stays. */
export const changedWords = (ctx: Ctx, { name, description }: UpdateGroupInput) => ({
  ...(name === undefined ? {} : { name }),
  ...(description === undefined ? {} : { description }),
  updated_at: ctx.clock.now(),
})
