/** New share groups and their end. What is in them is made and ended by children. */
import { hour, type KindPlans } from './plan.ts'

export interface CreateShareGroup {
  readonly groupId: string
  /** The zone it was asked for in. One from a group snapshot has its place, and its shares, already. */
  readonly availabilityZoneId: string | null
}

export interface DeleteShareGroup {
  readonly groupId: string
  /** With all that is in it. */
  readonly force: boolean
}

export const createShareGroup = {
  1: {
    resource: 'share_group',
    deadlineS: 6 * hour,
    steps: [
      ['place', 'scheduler'],
      ['members', 'share', { starts: ['create-share'] }],
      ['publish', 'share', { joins: 'members' }],
    ],
  },
} as const satisfies KindPlans

export const deleteShareGroup = {
  1: {
    resource: 'share_group',
    deadlineS: 24 * hour,
    steps: [
      ['members', 'share', { starts: ['delete-snapshot'], eachByItself: true }],
      ['members gone', 'share', { joins: 'members' }],
      // After their snapshots: children of one step are in no order.
      ['shares', 'share', { starts: ['delete-share'], eachByItself: true }],
      ['forget', 'share', { joins: 'shares' }],
    ],
  },
} as const satisfies KindPlans
