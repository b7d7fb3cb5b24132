/** What a process gives to whatever operation it walks. */
import type { Store } from '../../db/open.ts'
import type { Plans } from '../../model/operations.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Agreement } from '../agreement.ts'
import type { Failpoint } from '../failpoint.ts'
import type { Registry } from '../operation.ts'

export interface RunnerParts {
  readonly store: Store
  readonly clock: Clock
  readonly plans: Plans
  readonly registry: Registry
  readonly topic: string
  /** Whose `share` steps these are: null is work on no backend, undefined anybody's. */
  readonly backendId?: string | null
  /** What all live processes know; this one's plans without it. */
  readonly agreement?: Agreement
  /** Unique per process: who holds the leases. */
  readonly holder: string
  /** Milliseconds one step may take. */
  readonly stepDeadlineMs: number
  readonly failpoint: Failpoint
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
  /** For metrics. */
  readonly observe?: (event: {
    kind: string
    outcome: 'done' | 'failed' | 'cancelled'
    seconds: number
  }) => void
}
