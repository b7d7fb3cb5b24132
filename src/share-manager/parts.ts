/** What everything in the share manager is handed. */
import type { Bus } from '../bus/bus.ts'
import type { Settings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import type { Agreement } from '../engine/agreement.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Backend } from './backend.ts'
import type { Log } from './log.ts'

export interface ShareParts {
  readonly store: Store
  readonly clock: Clock
  readonly bus: Bus
  readonly log: Log
  readonly settings: Pick<Settings, 'shares' | 'quota'>
  /** Unique per process: who holds the leases. */
  readonly holder: string
  /** Which plans of operations all live processes know; this process's own without it. */
  readonly agreement?: Agreement
}

/** The parts of one backend's worker and reconcilers. */
export interface BackendScope extends ShareParts {
  readonly backend: Backend
}

/** The parts of an operation's steps. */
export interface StepParts extends ShareParts {
  /** Null for work that no backend is involved in: deleting a share that was never placed. */
  readonly backend: Backend | null
}
