/** Which share types a caller may use, and which one is the default. */
import { isAdmin, type Ctx } from '../context.ts'
import { defaultType, listTypes, type ShareType } from '../../db/store/share-types.ts'
import { fault, invalid } from '../../model/errors.ts'
import { tenantView, zonesSpec, type ExtraSpecs } from '../../model/extra-specs.ts'

export interface ListTypes {
  /** `is_public` of the query; administrators only, others' is ignored. */
  readonly visibility: 'public' | 'private' | 'all'
  /** Parsed by the edge; null when not given. */
  readonly extraSpecs: ExtraSpecs | null
}

/**
 * `public` includes the private types that the caller's project was given. The filter matches what the caller may see, so
 * that it is no way to guess hidden specs; `availability_zones` matches types that serve at least those zones.
 */
export async function list(ctx: Ctx, input: ListTypes): Promise<ShareType[]> {
  if (input.extraSpecs !== null && !ctx.flags.has('filterByExtraSpecs')) {
    throw invalid('the filter extra_specs needs microversion 2.43')
  }
  const admin = isAdmin(ctx)
  const own = { projectId: ctx.identity.projectId }
  const visibility = admin ? input.visibility : 'public'
  const types =
    visibility === 'public'
      ? await listTypes(ctx.db, own, { isPublic: null })
      : await listTypes(ctx.db, { projectId: null }, { isPublic: visibility === 'all' ? null : false })
  const wanted = input.extraSpecs
  if (wanted === null) return types
  return types.filter(({ extra_specs: specs }) => {
    const seen = admin ? specs : (tenantView(specs, { infer: [] }) as ExtraSpecs)
    return satisfies(seen, wanted)
  })
}

function satisfies(specs: ExtraSpecs, wanted: ExtraSpecs): boolean {
  return Object.entries(wanted).every(([key, value]) => {
    if (key !== 'availability_zones') return Object.hasOwn(specs, key) && specs[key] === value
    const served = zonesSpec(specs)
    return (
      served.length === 0 || zonesSpec({ availability_zones: value }).every((zone) => served.includes(zone))
    )
  })
}

/** The type of requests that name none; 404 when there is none. */
export async function showDefault(ctx: Ctx): Promise<ShareType> {
  const type = await defaultType(ctx.db, ctx.settings.shares.default_share_type)
  if (type === undefined) throw fault('NotFound')
  return type
}
