/** What may be done with share groups, their snapshots and their types. */
import {
  groupsBeingMadeFromEach,
  groupSnapshotsInScope,
  groupsInScope,
  groupTypesInScope,
  sharesOfGroups,
  snapshotsOfGroups,
  usedGroupTypes,
} from '../../db/store/group-facts.ts'
import { first } from '../../model/gates/barrier.ts'
import { groupSnapshotGates, groupTypeGates, shareGroupGates } from '../../model/gates/groups.ts'
import { scopeOf, type Ctx } from '../context.ts'
import { judge, own, type Judged } from './verdict.ts'

const idsOf = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id)

export const groupActions = {
  update: own('updateShareGroup', 'share_group:update'),
  delete: own('deleteShareGroup', 'share_group:delete'),
  force_delete: own('forceDeleteShareGroup', 'share_group:force_delete'),
  reset_status: own('resetShareGroupStatus', 'share_group:reset_status'),
  create_snapshot: own('createShareGroupSnapshot', 'share_group_snapshot:create'),
  create_share: own('createShare', 'share:create', { since: 31 }),
} as const

export async function judgeGroups(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const groups = await groupsInScope(ctx.db, scopeOf(ctx), ids)
  if (groups.length === 0) return []
  const seen = idsOf(groups)
  const sharesOf = Map.groupBy(await sharesOfGroups(ctx.db, seen), (share) => share.share_group_id)
  const snapshotsOf = await snapshotsOfGroups(ctx.db, seen)
  return groups.map((group) => {
    const target = { project_id: group.project_id, user_id: group.user_id }
    const shares = sharesOf.get(group.id) ?? []
    const contents = { shares: shares.length, snapshots: snapshotsOf(group.id) }
    return {
      id: group.id,
      verdicts: judge(ctx, groupActions, {
        update: { target },
        delete: { target, barrier: shareGroupGates.delete({ group, contents }) },
        force_delete: { target },
        reset_status: { target },
        create_snapshot: { target, barrier: shareGroupGates.snapshot({ group, shares }) },
        create_share: {
          barrier: first(
            () => shareGroupGates.ofProject({ group, projectId: ctx.identity.projectId }),
            () => shareGroupGates.createShare({ group }),
          ),
        },
      }),
    }
  })
}

export const groupSnapshotActions = {
  update: own('updateShareGroupSnapshot', 'share_group_snapshot:update'),
  delete: own('deleteShareGroupSnapshot', 'share_group_snapshot:delete'),
  force_delete: own('forceDeleteShareGroupSnapshot', 'share_group_snapshot:force_delete'),
  reset_status: own('resetShareGroupSnapshotStatus', 'share_group_snapshot:reset_status'),
  create_group: own('createShareGroup', 'share_group:create'),
} as const

export async function judgeGroupSnapshots(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const snapshots = await groupSnapshotsInScope(ctx.db, scopeOf(ctx), ids)
  if (snapshots.length === 0) return []
  const becoming = await groupsBeingMadeFromEach(ctx.db, idsOf(snapshots))
  return snapshots.map((snapshot) => {
    const target = { project_id: snapshot.project_id, user_id: snapshot.user_id }
    const groups = becoming(snapshot.id)
    return {
      id: snapshot.id,
      verdicts: judge(ctx, groupSnapshotActions, {
        update: { target },
        delete: { target, barrier: groupSnapshotGates.delete({ snapshot, groups }) },
        force_delete: { target },
        reset_status: { target },
        create_group: { barrier: groupSnapshotGates.createGroup({ snapshot }) },
      }),
    }
  })
}

export const groupTypeActions = {
  delete: own('deleteShareGroupType', 'share_group_type:delete'),
  set_group_specs: own('createGroupSpecs', 'share_group_types_spec:create'),
  add_access: own('addShareGroupTypeAccess', 'share_group_type:add_project_access'),
  remove_access: own('removeShareGroupTypeAccess', 'share_group_type:remove_project_access'),
} as const

export async function judgeGroupTypes(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const types = await groupTypesInScope(ctx.db, scopeOf(ctx), ids)
  if (types.length === 0) return []
  const used = await usedGroupTypes(ctx.db, idsOf(types))
  return types.map((type) => {
    const access = { barrier: groupTypeGates.changeAccess({ type }) }
    return {
      id: type.id,
      verdicts: judge(ctx, groupTypeActions, {
        delete: { barrier: groupTypeGates.delete({ type, inUse: used.has(type.id) }) },
        set_group_specs: {},
        add_access: access,
        remove_access: access,
      }),
    }
  })
}
