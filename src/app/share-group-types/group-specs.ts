/** The group specs of an existing share group type. */
import type { Ctx } from '../context.ts'
import { deleteGroupSpec, putGroupSpecs } from '../../db/store/share-group-types.ts'
import { fault, invalid } from '../../model/errors.ts'
import { problemOfGroupSpecs, storedGroupSpecs } from '../../model/group-specs.ts'
import type { ExtraSpecs } from '../../model/extra-specs.ts'
import { onlySpecOf, specNamed } from '../share-types/extra-specs.ts'
import { findGroupType } from './find.ts'

export async function listSpecs(ctx: Ctx, typeId: string): Promise<ExtraSpecs> {
  return (await findGroupType(ctx, typeId)).group_specs
}

/** `{key: value}`; 404 when the type has no such spec. */
export async function showSpec(ctx: Ctx, typeId: string, key: string): Promise<ExtraSpecs> {
  return specNamed((await findGroupType(ctx, typeId)).group_specs, key)
}

/** Adds or replaces. */
export async function writeSpecs(
  ctx: Ctx,
  typeId: string,
  given: Readonly<Record<string, unknown>>,
): Promise<void> {
  const type = await findGroupType(ctx, typeId)
  const wrong = problemOfGroupSpecs(given)
  if (wrong !== null) throw invalid(wrong)
  await putGroupSpecs(ctx.tx, type.id, storedGroupSpecs(given))
}

/** The body of `PUT …/group-specs/{key}` must be `{key: value}` with the key of the path. */
export const writeSpec = (
  ctx: Ctx,
  typeId: string,
  key: string,
  body: Readonly<Record<string, unknown>>,
): Promise<void> => writeSpecs(ctx, typeId, onlySpecOf(body, key, 'group spec'))

/** 404 for one that this type has not. */
export async function removeSpec(ctx: Ctx, typeId: string, key: string): Promise<void> {
  const type = await findGroupType(ctx, typeId)
  if (!(await deleteGroupSpec(ctx.tx, type.id, key))) throw fault('NotFound')
}
