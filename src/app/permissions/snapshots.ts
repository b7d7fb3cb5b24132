/** What may be done with snapshots and their instances. */
import {
  instancesOfSnapshots,
  snapshotInstancesById,
  snapshotsInScope,
  visibleSharesOf,
} from '../../db/store/permission-facts.ts'
import { roomOf } from '../../db/store/quota-room.ts'
import { everything } from '../../db/store/scope.ts'
import { snapshotGates } from '../../model/gates/snapshots.ts'
import { snapshotCharges } from '../../model/charges.ts'
import { scopeOf, type Ctx } from '../context.ts'
import { judge, own, type Judged } from './verdict.ts'

export const snapshotActions = {
  update: own('updateSnapshot', 'share:snapshot_update'),
  delete: own('deleteSnapshot', 'share:delete_snapshot'),
  force_delete: own('forceDeleteSnapshot', 'share_snapshot:force_delete'),
  allow_access: own('allowSnapshotAccess', 'share_snapshot:allow_access'),
  deny_access: own('denySnapshotAccess', 'share_snapshot:deny_access'),
  unmanage: own('unmanageSnapshot', 'share_snapshot:unmanage_snapshot'),
  reset_status: own('resetSnapshotStatus', 'share_snapshot:reset_status'),
  update_metadata: own('mergeSnapshotMetadata', 'share_snapshot:update_metadata'),
  delete_metadata: own('deleteSnapshotMetadataItem', 'share_snapshot:delete_metadata'),
} as const

export async function judgeSnapshots(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const snapshots = await snapshotsInScope(ctx.db, scopeOf(ctx), ids)
  if (snapshots.length === 0) return []
  const seen = snapshots.map(({ id }) => id)
  const instances = Map.groupBy(await instancesOfSnapshots(ctx.db, seen), (row) => row.snapshot_id)
  const shareIds = [...new Set(snapshots.map((row) => row.share_id))]
  const shares = new Map((await visibleSharesOf(ctx.db, everything, shareIds)).map((row) => [row.id, row]))
  const payers = snapshots.map(({ project_id, user_id, share_id }) => ({
    projectId: project_id,
    userId: user_id,
    shareTypeId: shares.get(share_id)?.share_type_id ?? null,
  }))
  const room = await roomOf(ctx.db, payers, ctx.settings.quota)
  return snapshots.flatMap((snapshot) => {
    const share = shares.get(snapshot.share_id)
    if (share === undefined) return []
    const target = { project_id: snapshot.project_id, user_id: snapshot.user_id }
    const facts = { snapshot, share, instances: instances.get(snapshot.id) ?? [] }
    const access = { target, barrier: snapshotGates.changeAccess(facts) }
    return {
      id: snapshot.id,
      verdicts: judge(ctx, snapshotActions, {
        update: { target },
        delete: { target, barrier: snapshotGates.delete({ snapshot }) },
        force_delete: { target },
        allow_access: access,
        deny_access: access,
        unmanage: { target, barrier: snapshotGates.unmanage({ snapshot, share, flags: ctx.flags }) },
        reset_status: {
          target,
          excess: room.excess(
            snapshotCharges(snapshot, share),
            snapshotCharges({ ...snapshot, status: 'available' }, share),
          ),
        },
        update_metadata: { target },
        delete_metadata: { target },
      }),
    }
  })
}

export const snapshotInstanceActions = {
  reset_status: own('resetSnapshotInstanceStatus', 'share_snapshot_instance:reset_status'),
} as const

export async function judgeSnapshotInstances(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const rows = await snapshotInstancesById(ctx.db, ids)
  return rows.map(({ id }) => ({ id, verdicts: judge(ctx, snapshotInstanceActions, { reset_status: {} }) }))
}
