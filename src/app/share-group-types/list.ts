/** Which share group types a caller may use, and which one is the default. */
import { isAdmin, type Ctx } from '../context.ts'
import { defaultGroupType, listGroupTypes, type ShareGroupType } from '../../db/store/share-group-types.ts'
import { everything } from '../../db/store/scope.ts'
import { fault, invalid } from '../../model/errors.ts'

export interface ListGroupTypes {
  /** `is_public` of the query; administrators only, others' is ignored. */
  readonly visibility: 'public' | 'private' | 'all'
  /** Parsed by the edge; null when not given. */
  readonly groupSpecs: Readonly<Record<string, string>> | null
}

/** `public` includes the private types that the caller's project was given. */
export async function list(ctx: Ctx, input: ListGroupTypes): Promise<ShareGroupType[]> {
  if (input.groupSpecs !== null && !ctx.flags.has('filterByGroupSpecs'))
    throw invalid('the filter group_specs needs microversion 2.66')
  const visibility = isAdmin(ctx) ? input.visibility : 'public'
  const types =
    visibility === 'public'
      ? await listGroupTypes(ctx.db, { projectId: ctx.identity.projectId }, { isPublic: null })
      : await listGroupTypes(ctx.db, everything, { isPublic: visibility === 'all' ? null : false })
  const wanted = Object.entries(input.groupSpecs ?? {})
  return types.filter(({ group_specs: specs }) =>
    wanted.every(([key, value]) => Object.hasOwn(specs, key) && specs[key] === value),
  )
}

/** The type of requests that name none; 404 when there is none. */
export async function showDefault(ctx: Ctx): Promise<ShareGroupType> {
  const type = await defaultGroupType(ctx.db, ctx.settings.shares.default_share_group_type)
  if (type === undefined) throw fault('NotFound')
  return type
}
