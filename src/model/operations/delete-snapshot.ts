/** The end of a snapshot. */
import { hour, type KindPlans } from './plan.ts'

export interface DeleteSnapshot {
  readonly snapshotId: string
  readonly snapshotInstanceId: string
  readonly shareId: string
  readonly instanceId: string
  readonly force: boolean
  readonly deferred: boolean
  /** Only from the backend: the row is in `error` then. */
  readonly keepsRow?: true
}

export const deleteSnapshot = {
  1: {
    resource: 'snapshot',
    deadlineS: 24 * hour,
    steps: [
      ['withdraw', 'share', 'stays'],
      ['backend', 'share', 'stays'],
      ['forget', 'share'],
    ],
  },
} as const satisfies KindPlans
