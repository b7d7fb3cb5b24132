/** Deletes a user message that was read. */
import type { Ctx } from '../context.ts'
import { deleteMessage } from '../../db/store/messages.ts'
import { findMessage } from './find.ts'

export async function remove(ctx: Ctx, id: string): Promise<void> {
  await deleteMessage(ctx.tx, await findMessage(ctx, id), ctx.clock.now())
}
