/** Looks share group types up for a caller. */
import { type Ctx, scopeOf } from '../context.ts'
import { groupTypeById, type ShareGroupType } from '../../db/store/share-group-types.ts'
import { fault } from '../../model/errors.ts'

/** The type with this id; 404 when there is none or it is private to others. */
export async function findGroupType(ctx: Ctx, id: string): Promise<ShareGroupType> {
  const type = await groupTypeById(ctx.db, scopeOf(ctx), id)
  if (type === undefined) throw fault('ShareGroupTypeNotFound', { id: id.slice(0, 64) })
  return type
}
