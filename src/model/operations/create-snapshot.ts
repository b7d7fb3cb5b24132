/** A new snapshot of a share. */
import type { DeleteSnapshot } from './delete-snapshot.ts'
import { hour, type KindPlans } from './plan.ts'

export interface CreateSnapshot {
  readonly snapshotId: string
  readonly snapshotInstanceId: string
  readonly shareId: string
  readonly instanceId: string
}

export const createSnapshot = {
  1: {
    resource: 'snapshot',
    deadlineS: hour,
    steps: [
      ['backend', 'share'],
      ['export', 'share'],
      ['publish', 'share'],
    ],
    undoneBy: {
      kind: 'delete-snapshot',
      payload: (made: CreateSnapshot): DeleteSnapshot => ({ ...made, force: false, deferred: false }),
    },
  },
} as const satisfies KindPlans
