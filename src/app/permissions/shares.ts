/** What may be done with shares. */
import {
  dependentsOfShares,
  instancesOfShares,
  newestSnapshotsOf,
  specsOfTypes,
  visibleSharesOf,
} from '../../db/store/permission-facts.ts'
import { roomOf, type Excess } from '../../db/store/quota-room.ts'
import { beyondType, shareGates, tooLateForLock, tooSmall } from '../../model/gates/shares.ts'
import { first } from '../../model/gates/barrier.ts'
import { shareCharges, snapshotCharges } from '../../model/charges.ts'
import type { Payer } from '../../model/quota-lines.ts'
import { scopeOf, type Ctx } from '../context.ts'
import { payerOf } from '../shares/new-share.ts'
import { judge, own, type Judged } from './verdict.ts'

export const shareActions = {
  update: own('updateShare', 'share:update'),
  set_public: own('updateShare', 'share:update', { also: 'share:set_public_share' }),
  delete: own('deleteShare', 'share:delete'),
  force_delete: own('forceDeleteShare', 'share:force_delete'),
  soft_delete: own('softDeleteShare', 'share:soft_delete'),
  restore: own('restoreShare', 'share:restore'),
  extend: own('extendShare', 'share:extend'),
  force_extend: own('extendShare', 'share:extend', { also: 'share:force_extend', since: 64 }),
  shrink: own('shrinkShare', 'share:shrink'),
  revert: own('revertShare', 'share:revert_to_snapshot'),
  allow_access: own('allowAccess', 'share:allow_access'),
  create_snapshot: own('createSnapshot', 'share:create_snapshot'),
  manage_snapshot: own('manageSnapshot', 'share_snapshot:manage_snapshot'),
  unmanage: own('unmanageShare', 'share:unmanage'),
  reset_status: own('resetShareStatus', 'share:reset_status'),
  reset_task_state: own('resetTaskState', 'share:reset_task_state'),
  update_metadata: own('mergeShareMetadata', 'share:update_share_metadata'),
  delete_metadata: own('deleteShareMetadataItem', 'share:delete_share_metadata'),
  lock: own('createResourceLock', 'resource_lock:create'),
} as const

/** Of sizes the smallest step is asked about: a GiB more or less, the newest snapshot. */
export async function judgeShares(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const { db, flags } = ctx
  const shares = await visibleSharesOf(db, scopeOf(ctx), ids)
  if (shares.length === 0) return []
  const seen = shares.map(({ id }) => id)
  const instances = Map.groupBy(await instancesOfShares(db, seen), (row) => row.share_id)
  const dependentsOf = await dependentsOfShares(db, seen)
  const newestOf = await newestSnapshotsOf(db, seen)
  const typeIds = [...new Set(shares.map((row) => row.share_type_id ?? ''))]
  const specsOf = await specsOfTypes(db, typeIds)
  const payers = new Map(shares.map((share) => [share.id, payerOf(share)]))
  const taker = ({ shareTypeId }: Payer): Payer => ({
    projectId: ctx.identity.projectId,
    userId: ctx.identity.userId,
    shareTypeId,
  })
  const room = await roomOf(db, [...payers.values(), ...[...payers.values()].map(taker)], ctx.settings.quota)
  const privileged = ctx.policy.check('share:extend_beyond_max_share_size_spec', ctx.identity)

  return shares.map((share) => {
    const rows = instances.get(share.id) ?? []
    const instance = rows.find(({ id }) => id === share.instance_id) ?? null
    const dependents = dependentsOf(share.id)
    const newest = newestOf.get(share.id) ?? null
    const specs = specsOf.get(share.share_type_id ?? '') ?? {}
    const payer = payers.get(share.id)!
    const target = { project_id: share.project_id, user_id: share.user_id }
    const growth = (sizeGib: number): Excess | null =>
      room.tooLarge(payer, sizeGib) ??
      room.excess(shareCharges(share, rows), shareCharges({ ...share, target_size: sizeGib }, rows))
    const beyond = (sizeGib: number) => beyondType({ specs, privileged, sizeGib })
    const larger = share.size + 1
    const grown = growth(larger)
    // The original answers 403 for the share's own gigabytes and 413 for everything else.
    const overQuota = grown?.resource === 'gigabytes' ? 'Refused' : 'OverQuota'
    const extend = {
      target,
      barrier: first(
        () => shareGates.extend({ share }),
        () => beyond(larger),
      ),
      excess: grown,
      overQuota,
    } as const
    const target_size = newest !== null && newest.size > share.size ? newest.size : null
    const snapshot = {
      project_id: ctx.identity.projectId,
      user_id: ctx.identity.userId,
      status: 'creating',
      size: share.size,
    }
    const reset = rows.map((row) => (row === instance ? { ...row, status: 'available' } : row))
    return {
      id: share.id,
      verdicts: judge(ctx, shareActions, {
        update: { target, barrier: shareGates.update({ share }) },
        set_public: { target, barrier: shareGates.update({ share }) },
        delete: {
          target,
          // The group is known to whoever asks; it is only to be named.
          barrier: shareGates.delete({ share, dependents, namedGroup: share.share_group_id }),
        },
        force_delete: { target, barrier: shareGates.forceDelete({ share, dependents }) },
        soft_delete: { target, barrier: shareGates.softDelete({ share, dependents }) },
        restore: { target, barrier: shareGates.restore({ share }) },
        extend,
        force_extend: extend,
        shrink: {
          target,
          barrier: first(
            () => shareGates.shrink({ share }),
            () => tooSmall({ share, specs, sizeGib: share.size - 1 }),
          ),
        },
        revert: {
          target,
          barrier: first(
            () =>
              shareGates.revert({
                share,
                snapshot: newest,
                newest,
                instances: rows,
                placed: newest?.placed === 1 && instance !== null,
              }),
            () => (target_size === null ? null : beyond(target_size)),
          ),
          excess: target_size === null ? null : growth(target_size),
          overQuota: 'Refused',
        },
        allow_access: { target, barrier: shareGates.allowAccess({ share, instances: rows, flags }) },
        create_snapshot: {
          target,
          barrier: shareGates.createSnapshot({ share, instance }),
          excess: room.excess([], snapshotCharges(snapshot, share)),
        },
        manage_snapshot: {
          target,
          barrier: shareGates.manageSnapshot({ share, instance, flags }),
          excess: room.excess([], snapshotCharges(snapshot, share)),
        },
        unmanage: { target, barrier: shareGates.unmanage({ share, dependents, flags }) },
        reset_status: {
          target,
          barrier: shareGates.resetStatus({ share }),
          // One that gave its quota back, or was never charged, is charged again.
          excess: room.excess(
            shareCharges(share, rows),
            shareCharges({ ...share, target_size: null }, reset),
          ),
        },
        reset_task_state: { target, barrier: shareGates.resetStatus({ share }) },
        update_metadata: { target },
        delete_metadata: { target },
        lock: {
          target: { project_id: share.project_id },
          barrier: tooLateForLock({
            type: 'share',
            action: 'delete',
            state: share.status,
            softDeleted: share.is_soft_deleted === 1,
          }),
        },
      }),
    }
  })
}
