/** Ways for a share to end: delete, force delete, unmanage. Each marks the instances and enqueues one operation each. */
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { changeInstance, type HeldShare } from '../../lifecycle/shares/change.ts'
import { instancesOf, type InstanceRow } from '../../db/store/share-instances.ts'
import { removeInstance } from '../../lifecycle/shares/remove.ts'
import { dependentsOf, type ShareRow } from '../../db/store/shares.ts'
import { instanceLane } from '../../model/lanes.ts'
import { fault } from '../../model/errors.ts'
import { shareGates } from '../../model/gates/shares.ts'
import { shareAllows, shareAllowsAgain } from '../../model/states.ts'
import { endOperations } from '../operations/end.ts'
import { refuse } from '../barriers.ts'
import { findShareToChange } from './find.ts'

export async function remove(ctx: Ctx, id: string, shareGroupId: string | undefined): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:delete')
  const dependents = await dependentsOf(ctx.tx, share.id)
  await refuse(ctx, shareGates.delete({ share, dependents, namedGroup: shareGroupId ?? null }), share)
  const deferred = ctx.settings.shares.is_deferred_deletion_enabled
  const instances = await instancesOf(ctx.tx, share.id)
  // Of several each changes what the next one finds.
  const held = instances.length === 1 ? { share, instances } : undefined
  for (const instance of instances)
    await removeOne(ctx, share, instance, { force: false, deferred }, { held })
}

/** Once more what a backend refused: quota that was given back stays given back. */
export async function removeAgain(ctx: Ctx, id: string): Promise<void> {
  const allows = shareAllowsAgain.delete
  const share = await findShareToChange(ctx, id, 'share:delete')
  const dependents = await dependentsOf(ctx.tx, share.id)
  const namedGroup = share.share_group_id
  await refuse(ctx, shareGates.delete({ share, dependents, namedGroup, allows }), share)
  for (const instance of (await instancesOf(ctx.tx, share.id)).filter(allows)) {
    const deferred = instance.status === 'error_deferred_deleting'
    await removeOne(ctx, share, instance, { force: false, deferred }, { from: allows.states })
  }
}

/** An administrator's last word: whatever runs is fenced off first. */
export async function forceDelete(ctx: Ctx, id: string): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:force_delete')
  const dependents = await dependentsOf(ctx.tx, share.id)
  await refuse(ctx, shareGates.forceDelete({ share, dependents }), share)
  for (const instance of await instancesOf(ctx.tx, share.id)) await forceDeleteInstance(ctx, share, instance)
}

/** Used for `share_instances/{id}/action` too. */
export async function forceDeleteInstance(ctx: Ctx, share: ShareRow, instance: InstanceRow): Promise<void> {
  const why = 'An administrator deleted the share by force.'
  await endOperations(ctx, instanceLane(instance.id), 'force-deleted', why)
  await removeOne(ctx, share, instance, { force: true, deferred: false })
}

async function removeOne(
  ctx: Ctx,
  share: ShareRow,
  instance: InstanceRow,
  deletion: { readonly force: boolean; readonly deferred: boolean },
  {
    from = shareAllows.delete.states,
    held,
  }: { readonly from?: readonly string[]; readonly held?: HeldShare | undefined } = {},
): Promise<void> {
  const settle = { now: ctx.clock.now(), requestId: ctx.requestId }
  if (instance.backend_id === null && !deletion.force) {
    // Never placed: there is nothing on any backend.
    await removeInstance(ctx.tx, instance.id, settle)
    return
  }
  const moved = await changeInstance(
    ctx.tx,
    {
      ...settle,
      instanceId: instance.id,
      from: deletion.force ? null : from,
      to: deletion.deferred ? 'deferred_deleting' : 'deleting',
    },
    held,
  )
  if (!moved)
    throw fault('LostRace', { message: `Share ${share.id} changed while it was to be deleted: ask again.` })
  if (instance.backend_id === null) {
    await removeInstance(ctx.tx, instance.id, settle)
    return
  }
  await start(ctx, {
    kind: 'delete-share',
    payload: { shareId: share.id, instanceId: instance.id, ...deletion },
    resourceId: share.id,
    lanes: [instanceLane(instance.id)],
    backendId: instance.backend_id,
    projectId: share.project_id,
  })
}

export async function unmanage(ctx: Ctx, id: string): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:unmanage')
  const dependents = await dependentsOf(ctx.tx, share.id)
  await refuse(ctx, shareGates.unmanage({ share, dependents, flags: ctx.flags }), share)
  for (const instance of await instancesOf(ctx.tx, share.id)) {
    const failed = instance.status === 'manage_error'
    const moved = await changeInstance(ctx.tx, {
      instanceId: instance.id,
      from: shareAllows.unmanage.states,
      to: failed ? 'manage_error_unmanage_starting' : 'unmanage_starting',
      now: ctx.clock.now(),
      requestId: ctx.requestId,
    })
    if (!moved) throw fault('LostRace', { message: `Share ${share.id} changed meanwhile: ask again.` })
    if (instance.backend_id === null) {
      await removeInstance(ctx.tx, instance.id, { now: ctx.clock.now(), requestId: ctx.requestId })
      continue
    }
    await start(ctx, {
      kind: 'unmanage-share',
      payload: { shareId: share.id, instanceId: instance.id },
      resourceId: share.id,
      lanes: [instanceLane(instance.id)],
      backendId: instance.backend_id,
      projectId: share.project_id,
    })
  }
}
