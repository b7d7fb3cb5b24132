/** A new snapshot of a share. */
import type { DeleteSnapshot } from './delete-snapshot.ts'
import { hour, type KindPlans } from './plan.ts'

export interface CreateSnapshot {
  readonly snapshotId: string
  readonly snapshotInstanceId: string
  readonly shareId: string
  readonly instanceId: string
  /** A member of a group snapshot: that tells its owner what fails, and the row stays then. */
  readonly ofGroup?: true
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
      payload: ({ ofGroup, ...made }: CreateSnapshot): DeleteSnapshot => ({
        ...made,
        force: false,
        deferred: false,
        ...(ofGroup === true ? { keepsRow: true } : {}),
      }),
    },
  },
} as const satisfies KindPlans
