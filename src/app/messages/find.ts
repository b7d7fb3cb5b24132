/** Looks a user message up for a caller. */
import { type Ctx, scopeOf } from '../context.ts'
import { messageById, type MessageRow } from '../../db/store/messages.ts'
import { fault } from '../../model/errors.ts'

/** 404 for another project's message, as for one that does not exist. */
export async function findMessage(ctx: Ctx, id: string): Promise<MessageRow> {
  const message = await messageById(ctx.db, scopeOf(ctx), id)
  if (message === undefined) throw fault('MessageNotFound', { id: id.slice(0, 64) })
  return message
}
