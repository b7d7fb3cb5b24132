/** A snapshot that is on a backend already becomes one of ours. */
import { hour, type KindPlans } from './plan.ts'

export interface ManageSnapshot {
  readonly snapshotId: string
  readonly snapshotInstanceId: string
  readonly shareId: string
  readonly instanceId: string
  readonly providerLocation: string
  readonly driverOptions: Readonly<Record<string, string>>
}

export const manageSnapshot = {
  1: {
    resource: 'snapshot',
    deadlineS: hour,
    steps: [
      ['backend', 'share'],
      ['export', 'share'],
      ['publish', 'share'],
    ],
  },
} as const satisfies KindPlans
