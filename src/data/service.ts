/**
 * manila-data: work that belongs to no backend and no request: what leaves the recycle bin, what has served its time, processes that
 * were never heard of again. Any number may run: rows decide who does what, so two at once do nothing twice.
 */
import { orderEvents } from '../db/store/event-order.ts'
import { forgetProcesses } from '../db/store/processes.ts'
import { every, type Periodic } from '../engine/periodic.ts'
import { after } from '../runtime/after.ts'
import { meter, purgeMeter } from './meter.ts'
import { paced, type Pace } from './paced.ts'
import type { DataParts } from './parts.ts'
import { tellServiceStates } from './service-states.ts'
import { purge } from './purge.ts'
import { emptyRecycleBin } from './recycle-bin.ts'

const seconds = 1000
/** Seconds after which a process that never said goodbye is forgotten; long after its services counted as down. */
const silentS = 86_400

export interface DataServiceParts extends DataParts {
  /** True while the process takes nothing new. */
  readonly draining: () => boolean
}

export interface DataService {
  stop(): Promise<void>
}

/** Starts at once; jobs that fail, as without a database, are tried again at their next turn. */
export function startDataService(parts: DataServiceParts): DataService {
  const { log, draining } = parts
  const job = (intervalMs: number, name: string, work: () => Promise<unknown>): Periodic =>
    every(intervalMs, name, log, async () => {
      if (!draining()) await work()
    })
  let stopping = false
  const pace: Pace = {
    now: () => performance.now(),
    rest: (ms) => new Promise((resolve) => void after(ms, resolve)),
    goesOn: () => !stopping && !draining(),
  }
  const jobs = [
    job(60 * seconds, 'recycle bin', () => emptyRecycleBin(parts)),
    // Whoever begins to follow events has few to wait for.
    job(10 * seconds, 'order of events', async () => {
      while ((await orderEvents(parts.store)) > 0);
    }),
    job(2 * seconds, 'states of services', () => tellServiceStates(parts)),
    // Every moment is some process's; one that comes late writes it all the same.
    job(30 * seconds, 'usage over time', () => meter(parts, pace)),
    job(600 * seconds, 'purge', async () => {
      for (const work of [purge, purgeMeter])
        await paced(async () => ((await work(parts)) > 0 ? 'more' : 'done'), pace)
    }),
    job(600 * seconds, 'forgotten processes', () => forgetProcesses(parts.store, silentS)),
  ]
  return {
    async stop() {
      stopping = true
      await Promise.all(jobs.map((one) => one.stop()))
    },
  }
}
