/** A new share, empty or filled from a snapshot. */
import type { DeleteShare } from './delete-share.ts'
import { hour, type KindPlans } from './plan.ts'

export interface CreateShare {
  readonly shareId: string
  readonly instanceId: string
  readonly sizeGib: number
  /** Clone from this snapshot instance. */
  readonly snapshotInstanceId: string | null
  /** Same-host rule: the pool of the snapshot's share, unless the scheduler may choose. */
  readonly snapshotPool: string | null
  readonly availabilityZoneId: string | null
  readonly onlyHost: string | null
  readonly sameHost: readonly string[]
  readonly differentHost: readonly string[]
  /** JSON expression of the `query` hint. */
  readonly query: string | null
  /** It becomes available with its group, not by itself; and when that fails its row stays. */
  readonly withGroup?: true
}

const undoneBy = {
  kind: 'delete-share',
  payload: ({ shareId, instanceId, withGroup }: CreateShare): DeleteShare => ({
    shareId,
    instanceId,
    force: false,
    deferred: false,
    ...(withGroup === true ? { keepsRow: true } : {}),
  }),
} as const

export const createShare = {
  1: {
    resource: 'share',
    deadlineS: 6 * hour,
    steps: [
      ['place', 'scheduler'],
      ['backend', 'share'],
      ['export', 'share'],
      ['publish', 'share'],
    ],
    undoneBy,
  },
  /** What the backend does is one recorded step: made and exported. */
  2: {
    resource: 'share',
    deadlineS: 6 * hour,
    steps: [
      ['place', 'scheduler'],
      ['backend', 'share'],
      ['serve', 'share'],
    ],
    undoneBy,
  },
} as const satisfies KindPlans
