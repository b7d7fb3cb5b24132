/** A smaller share. */
import { hour, type KindPlans } from './plan.ts'

export interface ShrinkShare {
  readonly shareId: string
  readonly instanceId: string
  readonly fromGib: number
  readonly toGib: number
}

export const shrinkShare = {
  1: {
    resource: 'share',
    deadlineS: hour,
    steps: [
      ['backend', 'share'],
      ['publish', 'share'],
    ],
  },
} as const satisfies KindPlans
