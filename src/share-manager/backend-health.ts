/** What the database and listeners outside are told of a backend's health. A database that is away stops nothing. */
import type { Store } from '../db/open.ts'
import {
  changeReason,
  longestReason,
  setHealth,
  setHealthUnlessServed,
  type Health,
} from '../db/store/backends.ts'
import { recordEvent } from '../db/store/records.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from './log.ts'

export interface HealthRecord {
  /** The row says what was written last. */
  readonly recorded: boolean
  write(health: Health, reason: string | null, options: { readonly closed: boolean }): Promise<void>
  /** Once for all the processes that serve the backend: health is what somebody has to look at. */
  tell(reason: string | null): Promise<void>
}

export function healthRecord(parts: {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly id: string
  readonly label: string
}): HealthRecord {
  const { store, clock, log, id, label } = parts
  let recorded = true
  return {
    get recorded() {
      return recorded
    },
    async write(health, reason, { closed }) {
      try {
        // Several processes may serve it: one that does not takes nothing from those that do.
        if (health !== 'ready') await setHealthUnlessServed(store, id, health, reason, clock.now())
        else await setHealth(store.db, id, health, reason, clock.now(), { closed })
        recorded = true
      } catch (error) {
        recorded = false
        log.error({ backend: label, err: error }, 'the health of the backend was not recorded')
      }
    },
    async tell(reason) {
      const said = reason?.slice(0, longestReason) ?? null
      try {
        await store.transaction(async (tx) => {
          if (!(await changeReason(tx, id, said))) return
          await recordEvent(tx, {
            projectId: '',
            resourceType: 'backend',
            resourceId: id,
            event: said === null ? 'backend.recovered' : 'backend.trouble',
            detail: { backend: label, reason: said },
            now: clock.now(),
          })
        })
      } catch (error) {
        log.error({ backend: label, err: error }, 'the trouble of the backend was not told')
      }
    },
  }
}
