/** Making and ending share groups. What is in them is made and ended by operations of their own, the group's children. */
import { groupCreateEndedBadly, groupDeleteEndedBadly } from '../../db/store/group-endings.ts'
import { changeGroupRow } from '../../db/store/group-states.ts'
import { removeGroup } from '../../db/store/share-groups.ts'
import { operation, type Job, type StepDone } from '../../engine/operation.ts'
import type { StepParts } from '../parts.ts'
import { by, gone } from './calls.ts'
import { groupEnd } from './failed-end.ts'

export const createShareGroup = (parts: StepParts) =>
  operation('create-share-group', 'share', {
    steps: {
      // No undo: it is one transaction, and the last step.
      publish: { run: (job) => publish(parts, job) },
    },
    failed: (tx, job, cause) => groupCreateEndedBadly(tx, groupEnd(parts, job, cause)),
  })

async function publish(parts: StepParts, job: Job<'create-share-group'>): Promise<StepDone> {
  const { groupId } = job.payload
  return {
    commit: async (tx) => {
      const change = { from: ['creating'], to: 'available', ...by(job, parts.clock.now()) }
      if (await changeGroupRow(tx, 'share_group', groupId, change)) return
      if (await changeGroupRow(tx, 'share_group', groupId, { ...change, from: null, to: null })) return
      throw gone(`Share group ${groupId}`)
    },
  }
}

export const deleteShareGroup = (parts: StepParts) =>
  operation('delete-share-group', 'share', {
    steps: {
      forget: {
        run: async (job) => ({
          commit: async (tx) => {
            await removeGroup(tx, job.payload.groupId, by(job, parts.clock.now()))
          },
        }),
      },
    },
    failed: (tx, job, cause) => groupDeleteEndedBadly(tx, groupEnd(parts, job, cause)),
  })
