/** A larger share. */
import { hour, type KindPlans } from './plan.ts'

export interface ExtendShare {
  readonly shareId: string
  readonly instanceId: string
  readonly fromGib: number
  readonly toGib: number
  /** An administrator's: room is not asked for. */
  readonly force: boolean
}

export const extendShare = {
  1: {
    resource: 'share',
    deadlineS: hour,
    steps: [
      ['place', 'scheduler'],
      ['backend', 'share'],
      ['publish', 'share'],
    ],
  },
} as const satisfies KindPlans
