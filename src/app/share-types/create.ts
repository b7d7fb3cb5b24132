/** A new share type. */
import { randomUUID } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { insertType, typeByName, type ShareType } from '../../db/store/share-types.ts'
import { fault, invalid } from '../../model/errors.ts'
import { checkSpecs, storedSpec, type SpecValue } from '../../model/extra-specs.ts'

export interface CreateType {
  readonly name: string
  readonly description: string | null
  readonly isPublic: boolean
  /** As the client sent them. */
  readonly extraSpecs: Readonly<Record<string, unknown>>
}

/** Answers the type as written. 400 names the spec that is wrong, 409 a name that is taken. */
export async function create(ctx: Ctx, input: CreateType): Promise<ShareType> {
  if (input.description !== null && input.description !== '' && !ctx.flags.has('typeDescription')) {
    throw invalid('share_type.description needs microversion 2.41')
  }
  const specs = ctx.flags.has('snapshotSupportOptional')
    ? input.extraSpecs
    : { snapshot_support: true, ...input.extraSpecs }
  const wrong = checkSpecs(specs, { complete: true })
  if (wrong !== null) throw invalid(wrong.problem)
  const type: ShareType = {
    id: randomUUID(),
    name: input.name,
    description: input.description,
    is_public: input.isPublic ? 1 : 0,
    created_at: ctx.clock.now(),
    updated_at: null,
    extra_specs: Object.fromEntries(
      Object.entries(specs).map(([key, value]) => [key, storedSpec(value as SpecValue)]),
    ),
  }
  await claimName(ctx, type.name, null, () => insertType(ctx.tx, type))
  return type
}

/** Runs `write` if no other type than `ownId` has the name; 409 when one has, also when it was just quicker. */
export async function claimName(
  ctx: Ctx,
  name: string,
  ownId: string | null,
  write: () => Promise<void>,
): Promise<void> {
  const taken = fault('Conflict', { message: `Share type ${name} already exists.` })
  const other = await typeByName(ctx.tx, { projectId: null }, name)
  if (other !== undefined && other.id !== ownId) throw taken
  try {
    await write()
  } catch (error) {
    throw ctx.store.dialect.isDuplicate(error) ? taken : error
  }
}
