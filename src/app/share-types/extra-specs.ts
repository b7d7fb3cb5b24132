/** The extra specs of an existing share type. */
import type { Ctx } from '../context.ts'
import { deleteSpec, putSpecs } from '../../db/store/share-types.ts'
import { fault, invalid } from '../../model/errors.ts'
import {
  checkSpecs,
  requiredSpecs,
  storedSpec,
  type SpecValue,
  type ExtraSpecs,
} from '../../model/extra-specs.ts'
import { findType } from './find.ts'

export async function listSpecs(ctx: Ctx, typeId: string): Promise<ExtraSpecs> {
  return (await findType(ctx, typeId)).extra_specs
}

/** `{key: value}`; 404 when the type has no such spec. */
export async function showSpec(ctx: Ctx, typeId: string, key: string): Promise<ExtraSpecs> {
  return specNamed((await findType(ctx, typeId)).extra_specs, key)
}

/** That one alone; 404 when it is not among them. */
export function specNamed(specs: ExtraSpecs, key: string): ExtraSpecs {
  if (!Object.hasOwn(specs, key)) throw fault('NotFound')
  return { [key]: specs[key] ?? '' }
}

/** Adds or replaces; the result must make sense as a whole. */
export async function writeSpecs(
  ctx: Ctx,
  typeId: string,
  given: Readonly<Record<string, unknown>>,
): Promise<void> {
  const type = await findType(ctx, typeId)
  const wrong =
    checkSpecs(given, { complete: false }) ?? checkTogether({ ...type.extra_specs, ...given }, given)
  if (wrong !== null) throw invalid(wrong.problem)
  const stored = Object.entries(given).map(([key, value]) => [key, storedSpec(value as SpecValue)])
  await putSpecs(ctx.tx, type.id, Object.fromEntries(stored) as ExtraSpecs)
}

/** What was stored by an older, more lenient version is not the fault of today's request. */
function checkTogether(
  merged: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
): ReturnType<typeof checkSpecs> {
  const sizes = ['provisioning:min_share_size', 'provisioning:max_share_size']
  if (!sizes.some((key) => Object.hasOwn(given, key))) return null
  const both = Object.entries(merged).filter(([key]) => sizes.includes(key))
  return checkSpecs(Object.fromEntries(both), { complete: false })
}

/** The body of `PUT …/extra_specs/{key}` must be `{key: value}` with the key of the path. */
export async function writeSpec(
  ctx: Ctx,
  typeId: string,
  key: string,
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writeSpecs(ctx, typeId, onlySpecOf(body, key, 'extra spec'))
}

/** The body, if it is `{key: value}`. `noun` is what it is called. */
export function onlySpecOf(
  body: Readonly<Record<string, unknown>>,
  key: string,
  noun: string,
): Readonly<Record<string, unknown>> {
  if (!Object.hasOwn(body, key)) throw invalid(`The body must have the ${noun} key of the URL.`)
  if (Object.keys(body).length > 1) throw invalid(`The body must have one ${noun} only.`)
  return body
}

/** 403 for a spec that every type must have, 404 for one that this type has not. */
export async function removeSpec(ctx: Ctx, typeId: string, key: string): Promise<void> {
  const type = await findType(ctx, typeId)
  const required: readonly string[] = ctx.flags.has('snapshotSupportOptional')
    ? requiredSpecs
    : [...requiredSpecs, 'snapshot_support']
  if (required.includes(key)) {
    throw fault('Refused', { message: `The extra spec '${key}' is required and can't be deleted.` })
  }
  if (!(await deleteSpec(ctx.tx, type.id, key))) throw fault('NotFound')
}
