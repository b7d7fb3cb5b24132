/** What everything in manila-data is handed. */
import type { Bus } from '../bus/bus.ts'
import type { Settings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import type { Agreement } from '../engine/agreement.ts'
import type { JobLog } from '../engine/periodic.ts'
import type { Clock } from '../runtime/clock.ts'

export interface DataParts {
  readonly store: Store
  readonly clock: Clock
  readonly bus: Bus
  readonly log: JobLog
  readonly settings: Pick<Settings, 'shares'>
  /** Which plans of operations all live processes know; this process's own without it. */
  readonly agreement?: Agreement
}
