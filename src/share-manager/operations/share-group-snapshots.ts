/** Making and ending snapshots of whole share groups. Their members are made and ended by operations of their own, the children. */
import { groupSnapshotEndedBadly } from '../../db/store/group-endings.ts'
import { changeGroupRow, removeGroupRow } from '../../db/store/group-states.ts'
import { operation, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { by, gone } from './calls.ts'
import { groupEnd } from './failed-end.ts'

export const createShareGroupSnapshot = (parts: StepParts) =>
  operation('create-share-group-snapshot', 'share', {
    steps: {
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
      if (await changeGroupRow(tx, 'share_group_snapshot', groupSnapshotId, change)) return
      const untouched = { ...change, from: null, to: null }
      if (await changeGroupRow(tx, 'share_group_snapshot', groupSnapshotId, untouched)) return
      throw gone(`Share group snapshot ${groupSnapshotId}`)
    },
  }
}

export const deleteShareGroupSnapshot = (parts: StepParts) =>
  operation('delete-share-group-snapshot', 'share', {
    steps: {
      forget: {
        run: async (job) => ({
          commit: async (tx) => {
            const { groupSnapshotId } = job.payload
            await removeGroupRow(tx, 'share_group_snapshot', groupSnapshotId, by(job, parts.clock.now()))
          },
        }),
      },
    },
    failed: (tx, job, cause) =>
      groupSnapshotEndedBadly(tx, {
        ...groupEnd(parts, job, cause),
        groupSnapshotId: job.payload.groupSnapshotId,
        from: 'deleting',
      }),
  })
