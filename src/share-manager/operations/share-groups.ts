/** Making and ending share groups. What is in them is made and ended by operations of their own, the group's children. */
import { groupCreateEndedBadly, groupDeleteEndedBadly } from '../../lifecycle/share-groups/endings.ts'
import { changeGroup, removeGroup, removeGroupSnapshot } from '../../lifecycle/share-groups/change.ts'
import { groupSnapshotsOf } from '../../db/store/share-group-snapshots.ts'
import { operation, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { by, gone, moveOn } from './calls.ts'
import { groupEnd } from './failed-end.ts'
import {
  membersToDelete,
  refuseUnfinished,
  sharesToDelete,
  sharesToMake,
  takeBackShare,
} from './group-children.ts'

export const createShareGroup = (parts: StepParts) =>
  operation('create-share-group', 'share', {
    steps: {
      // No undo: its children are taken back one by one.
      members: {
        run: async (job) => ({ children: await sharesToMake(parts.store.db, job.payload.groupId) }),
        compensating: (tx, job, finished) => takeBackShare(tx, job, finished, parts.clock.now()),
      },
      // No undo: it is one transaction, and the last step.
      publish: { run: (job) => publish(parts, job) },
    },
    failed: (tx, job, cause) => groupCreateEndedBadly(tx, groupEnd(parts, job, cause)),
  })

/** The group and its shares become available in one moment. */
async function publish(parts: StepParts, job: Job<'create-share-group'>): Promise<StepDone> {
  const { groupId } = job.payload
  return {
    commit: async (tx) => {
      const now = parts.clock.now()
      const change = { from: ['creating'], to: 'available', ...by(job, now) }
      const moved =
        (await changeGroup(tx, 'share_group', groupId, change)) ||
        (await changeGroup(tx, 'share_group', groupId, { ...change, from: null, to: null }))
      if (!moved) throw gone(`Share group ${groupId}`)
      for (const { payload } of job.children) {
        const { instanceId } = payload as { readonly instanceId: string }
        await moveOn(tx, { ...change, instanceId, from: ['creating', 'creating_from_snapshot'] })
      }
    },
  }
}

export const deleteShareGroup = (parts: StepParts) =>
  operation('delete-share-group', 'share', {
    steps: {
      // No undo of any of them: nothing brings data back. Without force the group is empty, and there are no children.
      members: {
        run: async ({ payload: { groupId, force } }) => {
          const children = []
          for (const { id } of await groupSnapshotsOf(parts.store.db, groupId))
            children.push(...(await membersToDelete(parts.store.db, id, force)))
          return { children }
        },
      },
      'members gone': { run: async (job) => refuseUnfinished(job) },
      shares: {
        run: async (job) => ({ children: await sharesToDelete(parts.store.db, job.payload.groupId) }),
      },
      forget: { run: (job) => forget(parts, job) },
    },
    failed: (tx, job, cause) => groupDeleteEndedBadly(tx, groupEnd(parts, job, cause)),
  })

async function forget(parts: StepParts, job: Job<'delete-share-group'>): Promise<StepDone> {
  refuseUnfinished(job)
  const { groupId } = job.payload
  return {
    commit: async (tx) => {
      const settle = by(job, parts.clock.now())
      for (const { id } of await groupSnapshotsOf(tx, groupId)) await removeGroupSnapshot(tx, id, settle)
      await removeGroup(tx, groupId, settle)
    },
  }
}
