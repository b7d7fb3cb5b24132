/**
 * Limits of things that quota does not charge (`[limits]`): beyond what anybody needs, and below what makes the service slow for
 * others. They are exact: whoever could reach one counts while holding the project's or the resource's row.
 */
import type { Ctx } from './context.ts'
import { holdProject, locksOnResource, projectCounts, type ProjectLimit } from '../db/store/limits.ts'
import { exportLimits, exportsOn } from '../db/store/export-limits.ts'
import { contentsOfGroup } from '../db/store/share-groups.ts'
import { rulesOn } from '../db/store/rule-counts.ts'
import { fault, type Fault } from '../model/errors.ts'

type Limit = keyof Ctx['settings']['limits']

/** What the sentence of a refusal calls them. */
const nouns: Partial<Readonly<Record<Limit, string>>> = {
  access_rules_per_share: 'access rules on one share or snapshot',
  shares_per_group: 'shares in one share group',
  locks_per_resource: 'locks on one resource',
  locks_per_project: 'locks of one project',
  operations_per_project: 'unfinished operations of one project',
  metadata_per_resource: 'metadata items of one resource',
  metadata_per_project: 'metadata items of one project',
}

/** 413 as for quota, which Manila's clients understand. */
function overLimit(ctx: Ctx, name: Limit, more = ''): Fault {
  const message = `The limit of ${ctx.settings.limits[name]} ${nouns[name]} is reached (${name}).${more}`
  return fault('OverQuota', { message })
}

/**
 * API processes whose requests of one project may be under way together before a count without the lock is no longer
 * safe; each works on `requests_per_project` of them.
 */
const processes = 16

/**
 * 413 when the project would have more than its limit with `adding` of them. Administrators are not bound: they clear up. Only near the
 * limit does it wait for the project's other requests: `largest` is what one request can add at most. Without `holds` it waits for
 * nobody, and what it says may be otherwise a moment later.
 */
export async function withinProject(
  ctx: Ctx,
  name: ProjectLimit,
  projectId: string,
  {
    adding = 1,
    largest = 1,
    holds = true,
  }: { readonly adding?: number; readonly largest?: number; readonly holds?: boolean } = {},
): Promise<void> {
  if (adding <= 0 || ctx.policy.check('context_is_admin', ctx.identity)) return
  const limit = ctx.settings.limits[name]
  const elsewhere = ctx.settings.limits.requests_per_project * processes * largest
  const count = (): Promise<number> => projectCounts[name](ctx.db, projectId)
  if ((await count()) + adding + elsewhere <= limit) return
  if (holds) await holdProject(ctx.tx, projectId)
  if ((await count()) + adding > limit) throw overLimit(ctx, name)
}

/**
 * 413 when the share or snapshot has as many access rules as it may, or would with one of this weight (`weightOf`). The caller has the
 * share's turn (`db/store/share-turns.ts`).
 */
export async function roomForRule(
  ctx: Ctx,
  on: {
    readonly table: 'shares' | 'snapshots'
    readonly id: string
    readonly protocol: string
    /** That export it, or will. */
    readonly backendIds: readonly (string | null)[]
  },
  weight: number,
): Promise<void> {
  const rules = on.table === 'shares' ? 'access_rules' : 'snapshot_access_rules'
  const limit = ctx.settings.limits.access_rules_per_share
  const used = await rulesOn(ctx.tx, rules, on.id)
  if (used + weight > limit) throw overLimit(ctx, 'access_rules_per_share', reckoning(used, weight, limit))
  for (const backendId of new Set(on.backendIds)) {
    if (backendId === null) continue
    const most = (await exportLimits(ctx.tx, backendId, on.protocol))?.rulesPerExport ?? limit
    if (used + weight <= most) continue
    const message = `What exports it over ${on.protocol} takes ${most} access rules for each share or snapshot, and no more.${reckoning(used, weight, most)}`
    throw fault('OverQuota', { message })
  }
}

/**
 * 413 when the server that would export one more share or snapshot of the project there has as many as it can have. A share whose
 * backend is not chosen yet is sent by the scheduler where there is room.
 */
export async function roomForExport(
  ctx: Ctx,
  of: { readonly backendId: string | null; readonly protocol: string; readonly projectId: string },
): Promise<void> {
  const { backendId, protocol } = of
  if (backendId === null) return
  const limits = await exportLimits(ctx.tx, backendId, protocol)
  if (limits?.exportsPerServer === undefined) return
  const projectId = limits.serverPer === 'project' ? of.projectId : null
  const there = await exportsOn(ctx.tx, { backendId, protocol, projectId })
  if (there < limits.exportsPerServer) return
  const message = `What exports it over ${protocol} has ${limits.exportsPerServer} exports, and can have no more: delete shares or snapshots there.`
  throw fault('OverQuota', { message })
}

/** Why, where the number of rules that the caller sees does not tell. No sum: some of them may be hidden from him. */
function reckoning(used: number, weight: number, limit: number): string {
  const network = weight > 1 ? ` This network counts as its ${weight} addresses.` : ''
  return used > limit ? `${network} There are more than that, made under another limit: they stay.` : network
}

/** 413 when the group would have more shares than it may with `adding` of them. The caller has the group's turn. */
export async function roomInGroup(ctx: Ctx, groupId: string, adding: number): Promise<void> {
  const { shares } = await contentsOfGroup(ctx.db, groupId)
  if (shares + adding > ctx.settings.limits.shares_per_group) throw overLimit(ctx, 'shares_per_group')
}

/** 413 when the resource, or the caller's project, has as many locks as it may. The caller has the share's turn. */
export async function roomForLock(ctx: Ctx, resourceId: string): Promise<void> {
  const { locks_per_resource: limit } = ctx.settings.limits
  if ((await locksOnResource(ctx.tx, resourceId)) >= limit) throw overLimit(ctx, 'locks_per_resource')
  await withinProject(ctx, 'locks_per_project', ctx.identity.projectId)
}

/** 413 when `present` metadata items and `adding` new ones are more than a resource, or its project, may have. */
export async function roomForMetadata(
  ctx: Ctx,
  projectId: string | null,
  {
    adding,
    present = 0,
    holds = true,
  }: { readonly adding: number; readonly present?: number; readonly holds?: boolean },
): Promise<void> {
  const { metadata_per_resource: largest } = ctx.settings.limits
  if (adding > 0 && present + adding > largest) throw overLimit(ctx, 'metadata_per_resource')
  if (projectId !== null)
    await withinProject(ctx, 'metadata_per_project', projectId, { adding, largest, holds })
}

/** Every limit that the caller's project can meet, and what it has where that is counted per project. */
export async function limitsOf(
  ctx: Ctx,
): Promise<Record<string, { readonly limit: number; readonly in_use: number | null }>> {
  const { projectId } = ctx.identity
  const limits: Record<string, { limit: number; in_use: number | null }> = {}
  for (const name of Object.keys(ctx.settings.limits) as Limit[]) {
    const count = Object.hasOwn(projectCounts, name) ? projectCounts[name as ProjectLimit] : null
    limits[name] = {
      limit: ctx.settings.limits[name],
      in_use: count === null ? null : await count(ctx.db, projectId),
    }
  }
  return limits
}
