/** Name, description and visibility of a share type. */
import type { Ctx } from '../context.ts'
import { updateType, type ShareType } from '../../db/store/share-types.ts'
import { invalid } from '../../model/errors.ts'
import { claimName } from './create.ts'
import { findType } from './find.ts'

/** Undefined leaves alone. */
export interface UpdateType {
  readonly name: string | undefined
  /** '' and null clear it. */
  readonly description: string | null | undefined
  readonly isPublic: boolean | undefined
}

export async function update(ctx: Ctx, id: string, input: UpdateType): Promise<ShareType> {
  const type = await findType(ctx, id)
  const { name, description, isPublic } = input
  if (name === undefined && description === undefined && isPublic === undefined) {
    throw invalid('share_type must have a name, a description or share_type_access:is_public to change')
  }
  const columns = {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description: description === '' ? null : description }),
    ...(isPublic === undefined ? {} : { is_public: isPublic ? (1 as const) : (0 as const) }),
    updated_at: ctx.clock.now(),
  }
  await claimName(ctx, name ?? type.name, type.id, () => updateType(ctx.tx, type.id, columns))
  return { ...type, ...columns }
}
