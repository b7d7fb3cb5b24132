/** Quota sets: show, set and take back the limits of a project, a user or a share type. */
import type { Ctx } from '../context.ts'
import {
  defaultLimits,
  deleteLimits,
  quotaResources,
  quotaTable,
  setLimits,
  type QuotaLine,
  type QuotaOwner,
  type QuotaTable,
} from '../../db/store/quota-limits.ts'
import { invalid } from '../../model/errors.ts'
import type { QuotaResource } from '../../model/quota.ts'
import { warnOfUnknownProject } from '../known-project.ts'
import { ownerOf, type OwnerInput } from './owner.ts'

export interface OwnedQuotas {
  readonly owner: QuotaOwner
  readonly table: QuotaTable
}

export async function show(ctx: Ctx, input: OwnerInput): Promise<OwnedQuotas> {
  const owner = await ownerOf(ctx, input)
  return { owner, table: await quotaTable(ctx.db, owner, ctx.settings.quota) }
}

/** The same whatever project is asked for. */
export function showDefaults(ctx: Ctx): Promise<Record<QuotaResource, number>> {
  return defaultLimits(ctx.db, ctx.settings.quota)
}

/** Resources that are not counted per share type. */
export const notPerType: readonly QuotaResource[] = [
  'share_networks',
  'share_groups',
  'share_group_snapshots',
]

export interface SetQuotas extends OwnerInput {
  /** Only what the request names. */
  readonly limits: Partial<Readonly<Record<QuotaResource, number>>>
  /** Also below what is in use, and above the project's limit. */
  readonly force: boolean
}

/** All or nothing; 400 names the first limit that can't be. Answers what is in force afterwards; warns of a project that is not there. */
export async function set(ctx: Ctx, input: SetQuotas): Promise<OwnedQuotas> {
  const owner = await ownerOf(ctx, input)
  const limits = Object.entries(input.limits) as [QuotaResource, number][]
  if (limits.length === 0) throw invalid('quota_set must have at least one limit to set')
  const current = await quotaTable(ctx.tx, owner, ctx.settings.quota)
  const project =
    owner.scope === 'project'
      ? null
      : await quotaTable(ctx.tx, { ...owner, scope: 'project', scopeId: '' }, ctx.settings.quota)
  for (const [resource, limit] of limits) {
    checkSettable(ctx, owner, resource)
    if (!input.force) checkValue(resource, limit, current[resource], project?.[resource].limit ?? -1)
  }
  await setLimits(ctx.tx, owner, limits)
  await warnOfUnknownProject(ctx, owner.projectId)
  return { owner, table: await quotaTable(ctx.tx, owner, ctx.settings.quota) }
}

export async function reset(ctx: Ctx, input: OwnerInput): Promise<void> {
  await deleteLimits(ctx.tx, await ownerOf(ctx, input))
}

/** The limits that this microversion knows; 400 would break clients that send more to a quota class. */
export function knownAt(
  ctx: Ctx,
  limits: Partial<Readonly<Record<QuotaResource, number>>>,
): [QuotaResource, number][] {
  return quotaResources.flatMap((resource) => {
    const limit = limits[resource]
    return limit === undefined || !isKnown(ctx, resource) ? [] : [[resource, limit]]
  })
}

const isKnown = (ctx: Ctx, resource: QuotaResource): boolean => ctx.flags.has(`quota:${resource}`)

function checkSettable(ctx: Ctx, owner: QuotaOwner, resource: QuotaResource): void {
  if (!isKnown(ctx, resource)) {
    throw invalid(`quota_set.${resource} can't be limited at this microversion: ask for a newer one`)
  }
  if (owner.scope === 'share_type' && notPerType.includes(resource)) {
    throw invalid(`quota_set.${resource} can't be limited per share type, only per project or user`)
  }
}

/** `ceiling` is the project's limit for the quota of one of its users or share types; -1 = none. */
function checkValue(resource: QuotaResource, limit: number, current: QuotaLine, ceiling: number): void {
  if (limit >= 0 && limit < current.inUse) {
    throw invalid(
      `quota_set.${resource} must be at least ${current.inUse}, which is in use, unless force is true`,
    )
  }
  if (ceiling >= 0 && (limit > ceiling || limit < 0)) {
    throw invalid(
      `quota_set.${resource} must not be above the project's limit of ${ceiling} unless force is true`,
    )
  }
}
