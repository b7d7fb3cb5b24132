/** A share as one of its snapshots is. */
import { hour, type KindPlans } from './plan.ts'

export interface RevertShare {
  readonly snapshotId: string
  readonly snapshotInstanceId: string
  readonly shareId: string
  readonly instanceId: string
  readonly fromGib: number
  readonly toGib: number
}

export const revertShare = {
  1: {
    resource: 'share',
    deadlineS: 6 * hour,
    steps: [
      ['withdraw', 'share'],
      ['backend', 'share'],
      ['export', 'share'],
      ['access rules', 'share'],
      ['publish', 'share'],
    ],
  },
} as const satisfies KindPlans
