/** What every role stands on: log, clock, database, bus, counters. Opened once per process, closed last. */
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '../bus/bus.ts'
import { openBus } from '../bus/open.ts'
import type { Settings } from '../config/schema.ts'
import { migrate, openConfiguredStore, type Store } from '../db/open.ts'
import { forgetProcesses } from '../db/store/processes.ts'
import { DatabaseUnavailable } from '../db/unavailable.ts'
import { schemaVersion } from '../db/store/schema-version.ts'
import type { Agreement } from '../engine/agreement.ts'
import { announceEvents } from '../engine/announce-events.ts'
import { failpointFromEnvironment, type Failpoint } from '../engine/failpoint.ts'
import { breakAllLeases } from '../db/store/leases.ts'
import { kernelId } from '../engine/presence.ts'
import { systemClock, type Clock } from '../runtime/clock.ts'
import { countDatabaseUse } from '../runtime/database-use.ts'
import { meterDatabaseUse } from '../runtime/database-use-metrics.ts'
import { createLog } from '../runtime/log.ts'
import { metrics as createMetrics, type Metrics } from '../runtime/metrics.ts'
import { startTracing } from '../tracing/export.ts'
import { traceparent } from '../tracing/spans.ts'
import { readGauges } from './gauges.ts'

export interface Core {
  readonly settings: Settings
  readonly log: ReturnType<typeof createLog>
  readonly clock: Clock
  readonly store: Store
  readonly bus: Bus
  readonly metrics: Metrics
  readonly failpoint: Failpoint
  /** Unique; leases are held under it. */
  readonly processId: string
  readonly kernelId: string
  /** True while an operator wants the process to take nothing new. */
  readonly draining: () => boolean
  /** Which plans of operations all live processes know. */
  readonly agreement: Agreement
  /** Closes bus and database. */
  close(): Promise<void>
}

export interface CoreOptions {
  /** `manila-api`… */
  readonly program: string
  /** File for the log; standard output without one. */
  readonly logFile?: string | undefined
  readonly wrapBus?: ((bus: Bus) => Bus) | undefined
  readonly draining: () => boolean
  readonly agreement: Agreement
}

export async function openCore(settings: Settings, options: CoreOptions): Promise<Core> {
  mkdirSync(settings.state_dir, { recursive: true, mode: 0o700 })
  const log = createLog(settings.log_level, options.logFile)
  const clock = systemClock()
  const store = await openConfiguredStore(settings.database)
  await readyDatabase(store, options.program, log)
  const metrics = createMetrics()
  countDatabaseUse(settings.database.count_use)
  if (settings.database.count_use) meterDatabaseUse(metrics.registry)
  const endTracing = await startTracing(settings.traces, options.program, { 'host.name': settings.host })
  const opened = openBus(settings.bus, {
    service: options.program,
    log,
    now: () => clock.now(),
    observe: metrics.bus,
    traceparent,
  })
  const bus = options.wrapBus?.(opened) ?? opened
  store.onEvents(announceEvents(bus))
  if (opened.state().kind === 'memory' && options.program !== 'manila-all') {
    log.warn(
      {},
      'no broker is configured ([bus] url): messages do not leave this process, and others find their work by asking the database every few seconds',
    )
  }
  readGauges({ store, clock, bus }, metrics)
  return {
    settings,
    log,
    clock,
    store,
    bus,
    metrics,
    failpoint: failpointFromEnvironment(process.env),
    processId: randomUUID(),
    kernelId: kernelId(),
    draining: options.draining,
    agreement: options.agreement,
    async close() {
      await bus.close()
      await store.close()
      await endTracing()
    },
  }
}

/** Seconds of silence that every row has: whenever it was last heard of. */
const everybody = -86_400

/**
 * A file is this process's own: it is brought up to date, and whoever held a lease or registered before is dead. A server is waited for
 * as long as it takes, and has to be up to date already, because other processes may be using it.
 */
async function readyDatabase(store: Store, program: string, log: Core['log']): Promise<void> {
  if (store.dialect.singleProcess) {
    if (program !== 'manila-all') {
      throw new Error(
        `${program} shares its database with other processes, which a SQLite file can't do: set [database] url to PostgreSQL or MariaDB, or run manila-all`,
      )
    }
    await migrate(store)
    await breakAllLeases(store)
    await forgetProcesses(store, everybody)
    return
  }
  const { pending, unknown, newest } = await whenThere(log, () => schemaVersion(store.db))
  if (pending.length > 0) {
    throw new Error(
      `the database is behind: ${pending.join(', ')} of ${newest} not applied; run "manila-manage db sync" first`,
    )
  }
  // Older programs go on beside a newer one: its migrations only add.
  if (unknown.length > 0) log.warn({ unknown }, 'the database is newer than this program')
}

const [firstPauseMs, longestPauseMs] = [250, 5000]

/** Repeats a reading statement until the database answers it; says once that it waits. */
export async function whenThere<T>(log: Core['log'], read: () => Promise<T>): Promise<T> {
  for (let pauseMs = firstPauseMs, told = false; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    try {
      const answer = await read()
      if (told) log.info({}, 'the database answers')
      return answer
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error
      if (!told) log.warn({ err: error }, 'the database can not be reached; waiting for it')
      told = true
      await sleep(pauseMs)
    }
  }
}
