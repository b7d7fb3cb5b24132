/** The end of a share group type. */
import type { Ctx } from '../context.ts'
import { deleteGroupType, groupTypeInUse, takeGroupType } from '../../db/store/share-group-types.ts'
import { fault } from '../../model/errors.ts'
import { groupTypeGates } from '../../model/gates/groups.ts'
import { refuseAtOnce } from '../barriers.ts'
import { findGroupType } from './find.ts'

/** 400 while a group is of it. */
export async function remove(ctx: Ctx, id: string): Promise<void> {
  const type = await findGroupType(ctx, id)
  // A group that is made of it at the same moment is there when this goes on, or finds it gone.
  if (!(await takeGroupType(ctx.tx, type.id))) throw fault('ShareGroupTypeNotFound', { id: type.id })
  refuseAtOnce(groupTypeGates.delete({ type, inUse: await groupTypeInUse(ctx.tx, type.id) }))
  await deleteGroupType(ctx.tx, type.id)
}
