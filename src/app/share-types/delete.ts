/** The end of a share type. */
import type { Ctx } from '../context.ts'
import { deleteType, typeInUse } from '../../db/store/share-types.ts'
import { invalid } from '../../model/errors.ts'
import { findType } from './find.ts'

/** 400 while shares, groups or group types name it. */
export async function remove(ctx: Ctx, id: string): Promise<void> {
  const type = await findType(ctx, id)
  if (await typeInUse(ctx.tx, type.id)) {
    throw invalid(`Share type ${type.name} is still in use by shares, share groups or share group types.`)
  }
  await deleteType(ctx.tx, type.id)
}
