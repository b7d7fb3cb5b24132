/** New snapshots of whole share groups and their end. Their members are made and ended by children. */
import { hour, type KindPlans } from './plan.ts'

export interface CreateShareGroupSnapshot {
  readonly groupSnapshotId: string
  readonly groupId: string
}

export interface DeleteShareGroupSnapshot {
  readonly groupSnapshotId: string
  readonly groupId: string
  readonly force: boolean
}

export const createShareGroupSnapshot = {
  1: {
    resource: 'share_group_snapshot',
    deadlineS: 6 * hour,
    steps: [
      // All or nothing: the first that fails ends the others, and what is there already is taken back.
      ['members', 'share', { starts: ['create-snapshot'] }],
      ['publish', 'share', { joins: 'members' }],
    ],
  },
} as const satisfies KindPlans

export const deleteShareGroupSnapshot = {
  1: {
    resource: 'share_group_snapshot',
    deadlineS: 24 * hour,
    steps: [
      ['members', 'share', { starts: ['delete-snapshot'], eachByItself: true }],
      ['forget', 'share', { joins: 'members' }],
    ],
  },
} as const satisfies KindPlans
