/** The end of a share. */
import { hour, type KindPlans } from './plan.ts'

export interface DeleteShare {
  readonly shareId: string
  readonly instanceId: string
  readonly force: boolean
  readonly deferred: boolean
  /** Only from the backend: the row is in `error` then. */
  readonly keepsRow?: true
}

export const deleteShare = {
  1: {
    resource: 'share',
    deadlineS: 24 * hour,
    steps: [
      ['withdraw', 'share', 'stays'],
      ['backend', 'share', 'stays'],
      ['forget', 'share'],
    ],
  },
  /** Its row goes in the commit of what takes it from the backend. */
  2: {
    resource: 'share',
    deadlineS: 24 * hour,
    steps: [
      ['withdraw', 'share', 'stays'],
      ['erase', 'share', 'stays'],
    ],
  },
} as const satisfies KindPlans
