/** To a snapshot that is larger than the share is now: as `revert-share`, with room claimed first as for an extension. */
import { hour, type KindPlans } from './plan.ts'
import type { RevertShare } from './revert-share.ts'

export type RevertAndExtendShare = RevertShare

export const revertAndExtendShare = {
  1: {
    resource: 'share',
    deadlineS: 6 * hour,
    steps: [
      ['place', 'scheduler'],
      ['withdraw', 'share'],
      ['backend', 'share'],
      ['export', 'share'],
      ['access rules', 'share'],
      ['publish', 'share'],
    ],
  },
} as const satisfies KindPlans
