/** The end of a share type. */
import type { Ctx } from '../context.ts'
import { deleteType, takeType, typeInUse } from '../../db/store/share-types.ts'
import { fault } from '../../model/errors.ts'
import { typeGates } from '../../model/gates/others.ts'
import { refuseAtOnce } from '../barriers.ts'
import { findType } from './find.ts'

/** 400 while shares, groups or group types name it. */
export async function remove(ctx: Ctx, id: string): Promise<void> {
  const type = await findType(ctx, id)
  // A share that is made of it at the same moment is there when this goes on, or finds it gone.
  if (!(await takeType(ctx.tx, type.id))) throw fault('ShareTypeNotFound', { id: id.slice(0, 64) })
  refuseAtOnce(typeGates.delete({ type, inUse: await typeInUse(ctx.tx, type.id) }))
  await deleteType(ctx.tx, type.id)
}
