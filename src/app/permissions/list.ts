/** What the caller may do with some resources of one kind, or with a page of them. */
import type { Page } from '../../db/store/keyset.ts'
import { idsOfPage } from '../../db/store/permission-facts.ts'
import { invalid } from '../../model/errors.ts'
import type { PermittedResource } from '../../model/permissions.ts'
import { isAdmin, scopeOf, type Ctx } from '../context.ts'
import { lockScope } from '../resource-locks/find.ts'
import { findShare } from '../shares/find.ts'
import { judgeLocks, judgeRules } from './access-rules.ts'
import { judgeGroups, judgeGroupSnapshots, judgeGroupTypes } from './groups.ts'
import { judgeInstances, judgeMessages, judgeOperations, judgeTypes } from './others.ts'
import { judgeShares } from './shares.ts'
import { judgeSnapshotInstances, judgeSnapshots } from './snapshots.ts'
import type { Judged } from './verdict.ts'

/** Resource → the rule by which one of them is shown, and who judges. */
const kinds: Readonly<
  Record<
    PermittedResource,
    { readonly see: string; readonly judge: (ctx: Ctx, ids: readonly string[]) => Promise<Judged[]> }
  >
> = {
  share: { see: 'share:get', judge: judgeShares },
  snapshot: { see: 'share_snapshot:get_snapshot', judge: judgeSnapshots },
  access_rule: { see: 'share_access_rule:get', judge: judgeRules },
  resource_lock: { see: 'resource_lock:get', judge: judgeLocks },
  share_type: { see: 'share_type:show', judge: judgeTypes },
  share_instance: { see: 'share_instance:show', judge: judgeInstances },
  snapshot_instance: { see: 'share_snapshot_instance:show', judge: judgeSnapshotInstances },
  message: { see: 'message:get', judge: judgeMessages },
  operation: { see: 'operation:get', judge: judgeOperations },
  share_group: { see: 'share_group:get', judge: judgeGroups },
  share_group_snapshot: { see: 'share_group_snapshot:get', judge: judgeGroupSnapshots },
  share_group_type: { see: 'share_group_type:show', judge: judgeGroupTypes },
}

/** Of each id that the caller can see, in the order asked for. Ids of others are not there, as in lists. 403 as when one is shown. */
export async function permissionsOf(
  ctx: Ctx,
  resource: PermittedResource,
  ids: readonly string[],
): Promise<Judged[]> {
  const { see, judge } = kinds[resource]
  ctx.policy.authorize(see, ctx.identity)
  if (ids.length === 0) return []
  const judged = new Map((await judge(ctx, ids)).map((one) => [one.id, one]))
  return ids.flatMap((id) => judged.get(id) ?? [])
}

/** Ids of one page: the project's, or with `allProjects` everybody's for whom administers; rules are those of one share. */
export async function pageOf(
  ctx: Ctx,
  resource: PermittedResource,
  of: { readonly shareId: string | null; readonly allProjects: boolean },
  page: Page,
): Promise<string[]> {
  ctx.policy.authorize(kinds[resource].see, ctx.identity)
  if (resource !== 'access_rule' && of.shareId !== null) {
    throw invalid('share_id narrows pages of the resource access_rule only')
  }
  if (resource === 'access_rule') {
    if (of.shareId === null) throw invalid('share_id must name the share whose access_rule page is asked for')
    return idsOfPage(ctx.db, resource, (await findShare(ctx, of.shareId)).id, page)
  }
  // As on the lists themselves: administrators see every type, others those that are theirs.
  if (resource === 'share_type' || resource === 'share_group_type')
    return idsOfPage(ctx.db, resource, scopeOf(ctx).projectId, page)
  const mayAll = resource === 'resource_lock' ? lockScope(ctx).projectId === null : isAdmin(ctx)
  const all = of.allProjects && mayAll
  return idsOfPage(ctx.db, resource, all ? null : ctx.identity.projectId, page)
}
