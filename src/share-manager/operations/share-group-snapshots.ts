/** Making and ending snapshots of whole share groups. Their members are made and ended by operations of their own, the children. */
import { groupSnapshotEndedBadly } from '../../lifecycle/share-groups/endings.ts'
import { changeGroup, removeGroupSnapshot } from '../../lifecycle/share-groups/change.ts'
import { operation, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { by, gone } from './calls.ts'
import { groupEnd } from './failed-end.ts'
import { membersToDelete, membersToMake, refuseUnfinished, takeBackMember } from './group-children.ts'

export const createShareGroupSnapshot = (parts: StepParts) =>
  operation('create-share-group-snapshot', 'share', {
    steps: {
      // No undo: its children are taken back one by one.
      members: {
        run: async (job) => ({ children: await membersToMake(parts.store.db, job.payload.groupSnapshotId) }),
        compensating: (tx, job, finished) => takeBackMember(tx, job, finished, parts.clock.now()),
      },
      // No undo: it is one transaction, and the last step.
      publish: { run: (job) => publish(parts, job) },
    },
    failed: (tx, job, cause) =>
      groupSnapshotEndedBadly(tx, {
        ...groupEnd(parts, job, cause),
        groupSnapshotId: job.payload.groupSnapshotId,
        from: 'creating',
      }),
  })

async function publish(parts: StepParts, job: Job<'create-share-group-snapshot'>): Promise<StepDone> {
  const { groupSnapshotId } = job.payload
  return {
    commit: async (tx) => {
      const change = { from: ['creating'], to: 'available', ...by(job, parts.clock.now()) }
      if (await changeGroup(tx, 'share_group_snapshot', groupSnapshotId, change)) return
      const untouched = { ...change, from: null, to: null }
      if (await changeGroup(tx, 'share_group_snapshot', groupSnapshotId, untouched)) return
      throw gone(`Share group snapshot ${groupSnapshotId}`)
    },
  }
}

export const deleteShareGroupSnapshot = (parts: StepParts) =>
  operation('delete-share-group-snapshot', 'share', {
    steps: {
      // No undo: nothing brings data back.
      members: {
        run: async ({ payload: { groupSnapshotId, force } }) => ({
          children: await membersToDelete(parts.store.db, groupSnapshotId, force),
        }),
      },
      forget: {
        run: async (job) => {
          refuseUnfinished(job)
          const { groupSnapshotId } = job.payload
          const settle = by(job, parts.clock.now())
          return {
            commit: async (tx) => {
              await removeGroupSnapshot(tx, groupSnapshotId, settle)
            },
          }
        },
      },
    },
    failed: (tx, job, cause) =>
      groupSnapshotEndedBadly(tx, {
        ...groupEnd(parts, job, cause),
        groupSnapshotId: job.payload.groupSnapshotId,
        from: 'deleting',
      }),
  })
