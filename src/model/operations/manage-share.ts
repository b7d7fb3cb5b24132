/** A tree that is on a backend already becomes a share. */
import { hour, type KindPlans } from './plan.ts'

export interface ManageShare {
  readonly shareId: string
  readonly instanceId: string
  readonly pool: string
  readonly exportPath: string
  readonly driverOptions: Readonly<Record<string, string>>
}

export const manageShare = {
  1: {
    resource: 'share',
    deadlineS: hour,
    steps: [
      ['place', 'scheduler'],
      ['backend', 'share'],
      ['export', 'share'],
      ['publish', 'share'],
    ],
  },
} as const satisfies KindPlans
