/** Ways for a share to end: delete, force delete, unmanage. Each marks the instances and enqueues one operation each. */
import { type Ctx, start } from '../context.ts'
import {
  changeInstance,
  instancesOf,
  removeInstance,
  type InstanceRow,
} from '../../db/store/share-instances.ts'
import { dependentsOf, type ShareRow } from '../../db/store/shares.ts'
import { instanceLane } from '../../model/lanes.ts'
import { fault, invalid } from '../../model/errors.ts'
import { isBusy, shareAllows } from '../../model/states.ts'
import { endOperations } from '../operations/end.ts'
import { findShareToChange, refuseBusy, refuseSoftDeleted } from './find.ts'
import { hiddenFromOwner } from './hidden.ts'

export async function remove(ctx: Ctx, id: string, shareGroupId: string | undefined): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:delete')
  if (share.share_group_id !== null && share.share_group_id !== shareGroupId) {
    throw invalid(`share ${share.id} is in a group: share_group_id must name it in the query`)
  }
  if (!shareAllows.delete(share)) throw refused(share, 'deleted', shareAllows.delete.states)
  await refuseDependents(ctx, share, 'Refused')
  if (isBusy(share.task_state))
    throw fault('Refused', { message: `Share ${share.id} is busy: ${share.task_state}.` })
  const deferred = ctx.settings.shares.is_deferred_deletion_enabled
  for (const instance of await instancesOf(ctx.tx, share.id)) {
    await removeOne(ctx, share, instance, { force: false, deferred })
  }
}

/** An administrator's last word: whatever runs is fenced off first. */
export async function forceDelete(ctx: Ctx, id: string): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:force_delete')
  await refuseDependents(ctx, share, 'InvalidState')
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
  how: { readonly force: boolean; readonly deferred: boolean },
): Promise<void> {
  const settle = { now: ctx.clock.now(), requestId: ctx.requestId }
  if (instance.backend_id === null && !how.force) {
    // Never placed: there is nothing on any backend.
    await removeInstance(ctx.tx, instance.id, settle)
    return
  }
  const moved = await changeInstance(ctx.tx, {
    ...settle,
    instanceId: instance.id,
    from: how.force ? null : shareAllows.delete.states,
    to: how.deferred ? 'deferred_deleting' : 'deleting',
  })
  if (!moved)
    throw fault('LostRace', { message: `Share ${share.id} changed while it was to be deleted: ask again.` })
  if (instance.backend_id === null) {
    await removeInstance(ctx.tx, instance.id, settle)
    return
  }
  await start(ctx, {
    kind: 'delete-share',
    payload: { shareId: share.id, instanceId: instance.id, ...how },
    resourceId: share.id,
    lanes: [instanceLane(instance.id)],
    backendId: instance.backend_id,
    projectId: share.project_id,
  })
}

export async function unmanage(ctx: Ctx, id: string): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:unmanage')
  refuseSoftDeleted(share)
  if (share.has_replicas === 1) throw fault('Conflict', { message: `Share ${share.id} has replicas.` })
  if (share.share_server_id !== null && !ctx.flags.has('manageWithServers')) {
    throw fault('Refused', { message: `Share ${share.id} is on a share server: that needs 2.49.` })
  }
  refuseBusy(share)
  if (!shareAllows.unmanage(share)) throw refused(share, 'unmanaged', shareAllows.unmanage.states)
  const dependents = await dependentsOf(ctx.tx, share.id)
  if (dependents.snapshots > 0) {
    const whose = await hiddenFromOwner(ctx, share, 'snapshots')
    throw fault('Refused', { message: `Share ${share.id} has snapshots.${whose}` })
  }
  if (dependents.backups > 0) throw fault('Refused', { message: `Share ${share.id} has backups.` })
  if (dependents.deleteLocks > 0) {
    const whose = await hiddenFromOwner(ctx, share, 'locks')
    throw fault('Refused', { message: `Share ${share.id} is locked against deletion.${whose}` })
  }
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

/** What must go before the share may: `code` says how the verb refuses. */
export async function refuseDependents(
  ctx: Ctx,
  share: ShareRow,
  code: 'Refused' | 'InvalidState',
): Promise<void> {
  if (share.has_replicas === 1) {
    throw fault('Conflict', { message: `Share ${share.id} has replicas: delete them first.` })
  }
  const { snapshots, backups, groupMembers, deleteLocks } = await dependentsOf(ctx.tx, share.id)
  const refuse = (what: string, whose = '') => fault(code, { message: `Share ${share.id} ${what}.${whose}` })
  if (snapshots > 0) {
    const what = `has ${snapshots} snapshot${snapshots === 1 ? '' : 's'}: delete them first`
    throw refuse(what, await hiddenFromOwner(ctx, share, 'snapshots'))
  }
  if (backups > 0) throw refuse('has backups: delete them first')
  if (groupMembers > 0) throw refuse('is part of a group snapshot')
  if (deleteLocks > 0) {
    const what = 'is locked against deletion: remove the resource lock first'
    throw refuse(what, await hiddenFromOwner(ctx, share, 'locks'))
  }
}

function refused(share: ShareRow, what: string, states: readonly string[]) {
  return fault('Refused', {
    message: `Share ${share.id} is ${share.status}: it can only be ${what} when it is ${states.join(', ')}.`,
  })
}
