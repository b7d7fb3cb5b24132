/** A new share group type. */
import { randomUUID } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { groupTypeByName, insertGroupType, type ShareGroupType } from '../../db/store/share-group-types.ts'
import { everything } from '../../db/store/scope.ts'
import { resolveType } from '../../db/store/share-types.ts'
import { fault, invalid } from '../../model/errors.ts'
import { problemOfGroupSpecs, storedGroupSpecs } from '../../model/group-specs.ts'
import { keepType } from '../shares/type-rules.ts'

export interface CreateGroupType {
  readonly name: string
  readonly isPublic: boolean
  /** Ids or names: stock clients send either. */
  readonly shareTypes: readonly string[]
  /** As the client sent them. */
  readonly groupSpecs: Readonly<Record<string, unknown>>
}

/** Answers the type as written. 400 names the spec that is wrong, 404 a share type that is not there, 409 a name that is taken. */
export async function create(ctx: Ctx, input: CreateGroupType): Promise<ShareGroupType> {
  const wrong = problemOfGroupSpecs(input.groupSpecs)
  if (wrong !== null) throw invalid(wrong)
  const ids = new Set<string>()
  for (const named of input.shareTypes)
    ids.add((await resolveType(ctx.tx, everything, named))?.id ?? missing(named))
  const shareTypes = [...ids].sort()
  for (const id of shareTypes) await keepType(ctx, { id })
  const taken = fault('Conflict', { message: `Share group type ${input.name} already exists.` })
  if ((await groupTypeByName(ctx.tx, everything, input.name)) !== undefined) throw taken
  const type: ShareGroupType = {
    id: randomUUID(),
    name: input.name,
    is_public: input.isPublic ? 1 : 0,
    created_at: ctx.clock.now(),
    updated_at: null,
    group_specs: storedGroupSpecs(input.groupSpecs),
    share_types: shareTypes,
  }
  try {
    await insertGroupType(ctx.tx, type)
  } catch (error) {
    throw ctx.store.dialect.isDuplicate(error) ? taken : error
  }
  return type
}

function missing(shareType: string): never {
  throw fault('ShareTypeNotFound', { id: shareType })
}
