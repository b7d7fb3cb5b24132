/** A share is let go; its tree stays on the backend. */
import { hour, type KindPlans } from './plan.ts'

export interface UnmanageShare {
  readonly shareId: string
  readonly instanceId: string
}

export const unmanageShare = {
  1: {
    resource: 'share',
    deadlineS: hour,
    steps: [
      ['withdraw', 'share'],
      ['backend', 'share', 'stays'],
      ['forget', 'share'],
    ],
  },
} as const satisfies KindPlans
