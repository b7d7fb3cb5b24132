/** `services/ensure-shares` and the start of a manila-share whose configuration changed. */
import { hour, type KindPlans } from './plan.ts'

export interface EnsureShares {
  readonly backendId: string
  readonly serviceId: number
}

export const ensureShares = {
  1: {
    resource: 'backend',
    // A hundred thousand shares, four at once, at five seconds each: a day and a half.
    deadlineS: 72 * hour,
    steps: [
      ['ensure', 'share'],
      ['publish', 'share'],
    ],
  },
} as const satisfies KindPlans
