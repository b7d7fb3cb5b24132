/** A snapshot is let go; it stays on the backend. */
import { hour, type KindPlans } from './plan.ts'

export interface UnmanageSnapshot {
  readonly snapshotId: string
  readonly snapshotInstanceId: string
  readonly shareId: string
  readonly instanceId: string
}

export const unmanageSnapshot = {
  1: {
    resource: 'snapshot',
    deadlineS: hour,
    steps: [
      ['withdraw', 'share'],
      ['backend', 'share', 'stays'],
      ['forget', 'share'],
    ],
  },
} as const satisfies KindPlans
