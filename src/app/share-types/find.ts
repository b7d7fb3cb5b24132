/** Looks share types up for a caller. */
import { type Ctx, scopeOf } from '../context.ts'
import { typeById, type ShareType } from '../../db/store/share-types.ts'
import { fault } from '../../model/errors.ts'

/** The type with this id; 404 when there is none or it is private to others. */
export async function findType(ctx: Ctx, id: string): Promise<ShareType> {
  const type = await typeById(ctx.db, scopeOf(ctx), id)
  if (type === undefined) throw fault('ShareTypeNotFound', { id: id.slice(0, 64) })
  return type
}
