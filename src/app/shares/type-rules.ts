/** What a share type says about a share: which type it is, where it may be, how large. */
import type { Ctx } from '../context.ts'
import type { Scope } from '../../db/store/scope.ts'
import {
  defaultType,
  holdType,
  resolveType,
  typeAndLimits,
  type ShareType,
} from '../../db/store/share-types.ts'
import { fault, invalid } from '../../model/errors.ts'
import { sizeLimits, zonesSpec } from '../../model/extra-specs.ts'
import type { Payer } from '../../model/quota-lines.ts'
import type { Source } from './source.ts'

export type ChosenType = ShareType

/**
 * The type named, else the parent's, else the default. Null when there is none at all: the request is accepted and the
 * scheduler says so (message 024), as in the original. With `keeps` it is there until the transaction ends, and
 * the limits of `payer` for it are known.
 */
export async function typeForShare(
  ctx: Ctx,
  named: string | null,
  source: Source | null,
  { keeps, payer }: { readonly keeps: boolean; readonly payer: Omit<Payer, 'shareTypeId'> },
): Promise<ChosenType | null> {
  const find = (scope: Scope, called: string): Promise<ShareType | undefined> =>
    keeps ? typeAndLimits(ctx.tx, scope, payer, called) : resolveType(ctx.db, scope, called)
  const projectId = ctx.policy.check('context_is_admin', ctx.identity) ? null : ctx.identity.projectId
  if (named !== null) {
    const type = await find({ projectId }, named)
    if (type === undefined) throw fault('ShareTypeNotFound', { id: named })
    if (source !== null && source.parent.share_type_id !== type.id) {
      throw invalid('share.share_type must be the type of the share the snapshot was taken of')
    }
    return type
  }
  if (source !== null) {
    const id = source.parent.share_type_id
    return id === null ? null : ((await find({ projectId: null }, id)) ?? null)
  }
  return (await defaultType(ctx.db, ctx.settings.shares.default_share_type, find)) ?? null
}

/** The type is there until the share is; 404 when it was deleted meanwhile. */
export async function keepType(ctx: Ctx, type: Pick<ChosenType, 'id'>): Promise<void> {
  if (!(await holdType(ctx.tx, type.id))) throw fault('ShareTypeNotFound', { id: type.id })
}

/** 2.48+: a type may be bound to zones. */
export function checkZonesOfType(ctx: Ctx, type: ChosenType, zoneName: string | null): void {
  if (!ctx.flags.has('zonesOfTypeEnforced') || zoneName === null) return
  const allowed = zonesSpec(type.extra_specs)
  if (allowed.length > 0 && !allowed.includes(zoneName)) {
    throw invalid(`share.availability_zone must be one of ${allowed.join(', ')} for share type ${type.name}`)
  }
}

/** `provisioning:min_share_size` and `max_share_size`. */
export function checkSizeOfType(type: ChosenType, sizeGib: number): void {
  const { minGib, maxGib } = sizeLimits(type.extra_specs)
  if (minGib !== null && sizeGib < minGib) {
    throw invalid(`the size must be at least ${minGib} GiB for share type ${type.name}`)
  }
  if (maxGib !== null && sizeGib > maxGib) {
    throw invalid(`the size must be at most ${maxGib} GiB for share type ${type.name}`)
  }
}
