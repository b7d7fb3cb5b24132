/**
 * A process's life as others see it: a row with a heartbeat, the services it serves, the plans it knows, and whether an operator
 * wants it to take nothing new. Heartbeats are one small statement on a timer of their own: no driver, queue or request is in their way.
 */
import { readFileSync } from 'node:fs'
import type { Store } from '../db/open.ts'
import { announcedPlans, beat, endProcess, registerProcess, type NewProcess } from '../db/store/processes.ts'
import type { Clock } from '../runtime/clock.ts'
import { agreementOf, announcement, ownPlans, type Agreement } from './agreement.ts'

/** Milliseconds between heartbeats: twelve may be lost before a service counts as down by default. */
const heartbeatMs = 5000

export interface PresenceParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
  readonly process: Omit<NewProcess, 'plans'>
  /** `[shares] service_down_time_s` */
  readonly downAfterS: number
}

export interface Presence {
  /** True while the process takes nothing new. */
  readonly draining: boolean
  /** As of the last heartbeat. */
  readonly agreement: Agreement
  stop(): Promise<void>
}

/** Registers and keeps the heartbeat. Rejects when the database can't be reached. */
export async function startPresence(parts: PresenceParts): Promise<Presence> {
  const { store, clock, log, downAfterS } = parts
  const process = { ...parts.process, plans: announcement }
  let agreement: Agreement = ownPlans
  let draining = false
  let silent = false
  let running: Promise<void> | null = null
  await registerProcess(store, process)

  const once = async (): Promise<void> => {
    try {
      const known = await beat(store, process, clock.now())
      if (known === null) await registerProcess(store, process)
      const wanted = known?.draining ?? false
      if (wanted !== draining)
        log.info({ draining: wanted }, wanted ? 'draining: nothing new is taken' : 'work is taken again')
      draining = wanted
      agreement = agreementOf(await announcedPlans(store, downAfterS))
      if (silent) log.info({}, 'heartbeats are written again')
      silent = false
    } catch (error) {
      // Once per outage: the log of a night without a database stays short.
      if (!silent) log.warn({ err: error }, 'the heartbeat was not written')
      silent = true
    }
  }
  const timer = setInterval(() => {
    running ??= once().finally(() => {
      running = null
    })
  }, heartbeatMs)
  timer.unref()
  await once()
  return {
    get draining() {
      return draining
    },
    get agreement() {
      return agreement
    },
    async stop() {
      clearInterval(timer)
      await running
      await endProcess(store, process, { now: clock.now(), downAfterS }).catch((error: unknown) =>
        log.warn({ err: error }, 'the end of the process was not recorded; its heartbeat will age'),
      )
    },
  }
}

/** Changes with every boot; nodes that share nothing never have the same. Empty where the system has no such thing. */
export function kernelId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
