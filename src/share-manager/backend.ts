/**
 * One configured backend: its driver, its exporter, its directory, and whether they are up. It promises that setting up
 * is tried for ever, that every call has a deadline even when the driver ignores it, and that a dead backend costs
 * nobody else anything. It refuses to know what is stored there.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackendSettings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import {
  changeReason,
  isNotedReady,
  longestReason,
  setHealth,
  setHealthUnlessServed,
  type Health,
} from '../db/store/backends.ts'
import { recordEvent } from '../db/store/records.ts'
import {
  DriverError,
  isDriverError,
  type CallContext,
  type Exporter,
  type StorageDriver,
} from '../storage/contract/driver.ts'
import { confirmLease } from '../engine/lanes.ts'
import { instanceLane } from '../model/lanes.ts'
import type { Fence } from '../exec/exec.ts'
import type { HostLock } from '../exec/host-lock.ts'
import type { Clock } from '../runtime/clock.ts'
import { logOf, type Log } from './log.ts'

export interface BackendParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** Row id. */
  readonly id: string
  /** `host@alpha` */
  readonly label: string
  readonly name: string
  readonly settings: BackendSettings
  /** Absolute; belongs to this backend alone and survives restarts. */
  readonly dir: string
  readonly driver: StorageDriver
  /** Everything that publishes here (`publisher.ts`); null where nothing does. */
  readonly exporter: Exporter | null
  /** Keeps two processes of this host from setting up at once. */
  readonly lock?: HostLock
  /**
   * Throws why this process may not serve the backend now. Answers why it may serve what it has and take no new shares, as
   * a sentence, or null.
   */
  readonly admit?: (call: CallContext) => Promise<string | null>
  readonly observeCall?: (event: CallEvent) => void
  /** Milliseconds before the second try of setting up; doubles up to {@link longestPauseMs}. */
  readonly firstPauseMs?: number
}

/** For metrics. */
export interface CallEvent {
  readonly backend: string
  readonly call: string
  readonly seconds: number
  readonly outcome: 'ok' | 'nothing-happened' | 'maybe-happened' | 'no-room-here' | 'unexpected'
}

/** Who owns the lane of a share instance. */
export interface Guard {
  readonly instanceId: string
  readonly fence: number
  /** False once the lease may have run out. */
  owned(): boolean
}

export interface CallOptions {
  /** For metrics and messages: `create`, `publish`… Never an id. */
  readonly name: string
  /** Share instance whose fence protects the effect; null for what changes nothing or no one thing. */
  readonly guarded?: Guard | null
  readonly signal?: AbortSignal
  /** Default: the backend's `call_timeout_s`. */
  readonly deadlineMs?: number
  readonly progress?: (percent: number) => void
  /** Who asked, for the log. */
  readonly asked?: { readonly request_id: string; readonly operation_id: string }
}

export interface Backend {
  readonly id: string
  readonly label: string
  readonly name: string
  readonly settings: BackendSettings
  readonly dir: string
  readonly driver: StorageDriver
  readonly exporter: Exporter | null
  readonly health: Health
  /** Why it is not ready; of one that is ready, why it is {@link closed} and what its exporter has trouble with. */
  readonly reason: string | null
  /** Why it takes no new shares although it serves those it has; null when it does. */
  readonly closed: string | null
  /** How often a call of this process gave something of a pool back: there is more room than was reported. */
  readonly gaveBack: number
  /**
   * Runs one call of the contract. Throws what the driver throws, or `maybe-happened` when it does not answer in time,
   * or `nothing-happened` with a time to repeat while the backend is not ready.
   */
  call<T>(options: CallOptions, work: (call: CallContext) => Promise<T>): Promise<T>
  /**
   * Records what the exporter has to say of itself although it works, and what else there is to say, when that changed; and that the
   * backend is ready, where the row says otherwise.
   */
  noteTroubles(also?: readonly string[]): Promise<void>
  /** Sets up, again and again until it works, then calls `whenReady` once. */
  start(whenReady: () => void): void
  /** Waits for nothing but the driver's own stop; with `detach` clients lose their mounts. */
  stop(options: { readonly detach: boolean }): Promise<void>
}

const longestPauseMs = 60_000
/** A driver that ignores its signal is left behind this long after the deadline. */
const graceMs = 2000
/** Milliseconds that a stop which detaches lets a set-up go on. */
const setUpGraceMs = 15_000
/** Seconds after which work for a backend that isn't ready is tried again. */
const notReadyRetryS = 5

/** Calls after which a pool may have more room. */
const giving = new Set(['delete', 'delete-snapshot', 'shrink', 'unmanage', 'compact'])

export function backend(parts: BackendParts): Backend {
  let health: Health = 'starting'
  let gaveBack = 0
  let reason: string | null = null
  let closed: string | null = null
  /** The row says what this process found last. */
  let recorded = true
  let stopped = false
  let pause: NodeJS.Timeout | undefined
  let underWay: Promise<void> = Promise.resolve()
  const leaving = new AbortController()

  const report = async (now: Health, why: string | null): Promise<void> => {
    health = now
    reason = why
    const { store, id, clock } = parts
    try {
      // Several processes may serve it: one that does not takes nothing from those that do.
      if (now !== 'ready') await setHealthUnlessServed(store, id, now, why, clock.now())
      else await setHealth(store.db, id, now, why, clock.now(), { closed: closed !== null })
      recorded = true
    } catch (error) {
      recorded = false
      parts.log.error({ backend: parts.label, err: error }, 'the health of the backend was not recorded')
    }
  }

  /** Listeners outside, once for all the processes that serve the backend: health is what somebody has to look at. */
  const tell = async (why: string | null): Promise<void> => {
    const { store, id, label, clock } = parts
    const said = why?.slice(0, longestReason) ?? null
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
      parts.log.error({ backend: label, err: error }, 'the trouble of the backend was not told')
    }
  }

  /** What an operator should know of a backend that is ready; null when that is nothing. */
  const remarks = (also: readonly string[] = []): string | null => {
    const all = [...(closed === null ? [] : [closed]), ...also, ...(parts.exporter?.troubles?.() ?? [])]
    return all.length === 0 ? null : all.join('; ')
  }

  const setUp = async (): Promise<void> => {
    await mkdir(join(parts.dir, 'fences'), { recursive: true, mode: 0o700 })
    const { signal } = leaving
    const { admit } = parts
    closed = admit === undefined ? null : await bounded(parts, { name: 'admit', signal }, admit)
    const waitMs = parts.settings.call_timeout_s * 1000
    const release = await parts.lock?.(join(parts.dir, 'setup.lock'), { waitMs, signal })
    try {
      await bringUp(signal)
    } finally {
      await release?.()
    }
  }

  const bringUp = async (signal: AbortSignal): Promise<void> => {
    await bounded(parts, { name: 'setup', signal }, (call) => parts.driver.setup(call))
    const { exporter } = parts
    signal.throwIfAborted()
    if (exporter !== null)
      await bounded(parts, { name: 'setup-exporter', signal }, (call) => exporter.setup(call))
  }

  const attempt = async (pauseMs: number, whenReady: () => void): Promise<void> => {
    try {
      await setUp()
    } catch (error) {
      if (stopped) return
      const why = error instanceof Error ? error.message : String(error)
      parts.log.error(
        { backend: parts.label, err: error },
        `the backend is not ready: ${why}; trying again in ${Math.round(pauseMs / 1000)} s`,
      )
      await report('failed', why)
      pause = setTimeout(() => {
        underWay = attempt(Math.min(longestPauseMs, pauseMs * 2), whenReady)
      }, pauseMs).unref()
      return
    }
    if (stopped) return
    await report('ready', remarks())
    if (closed === null) parts.log.info({ backend: parts.label }, 'the backend is ready')
    else parts.log.warn({ backend: parts.label }, `the backend is ready. ${closed}`)
    whenReady()
  }

  return {
    id: parts.id,
    label: parts.label,
    name: parts.name,
    settings: parts.settings,
    dir: parts.dir,
    driver: parts.driver,
    exporter: parts.exporter,
    get health() {
      return health
    },
    get reason() {
      return reason
    },
    get closed() {
      return closed
    },
    get gaveBack() {
      return gaveBack
    },
    call(options, work) {
      if (health !== 'ready') return Promise.reject(notReady(parts.label, reason))
      const answer = bounded(parts, options, work)
      if (!giving.has(options.name)) return answer
      return answer.finally(() => gaveBack++)
    },
    async noteTroubles(also) {
      if (health !== 'ready') return
      const now = remarks(also)
      if (now !== reason) await tell(now)
      // A note that was lost with the database, or that a process which died half set up has written over, is written again: till then
      // no scheduler would place anything here.
      else if (recorded && (await isNotedReady(parts.store.db, parts.id))) return
      await report('ready', now)
    },
    start(whenReady) {
      underWay = report('starting', null).then(() =>
        stopped ? undefined : attempt(parts.firstPauseMs ?? 1000, whenReady),
      )
    },
    async stop({ detach }) {
      stopped = true
      clearTimeout(pause)
      // What is being set up would come up behind a stop that detaches; half a set-up is easier to take down whole.
      const over = (ms: number) =>
        Promise.race([underWay, new Promise((resolve) => setTimeout(resolve, ms).unref())])
      if (detach) await over(setUpGraceMs)
      leaving.abort()
      await over(graceMs)
      const { exporter } = parts
      // The exporter first: a tree can't be unmounted while it is served.
      if (exporter !== null)
        await bounded(parts, { name: 'stop-exporter' }, (call) => exporter.stop(call, { detach }))
      await bounded(parts, { name: 'stop' }, (call) => parts.driver.stop(call, { detach }))
    },
  }
}

export function notReady(label: string, reason: string | null): DriverError {
  const why = reason === null ? '' : `: ${reason}`
  return new DriverError(`backend ${label} is not ready${why}`, 'nothing-happened', {
    retryAfterS: notReadyRetryS,
    reason: 'busy',
  })
}

async function bounded<T>(
  parts: BackendParts,
  options: CallOptions,
  work: (call: CallContext) => Promise<T>,
): Promise<T> {
  const deadlineMs = options.deadlineMs ?? parts.settings.call_timeout_s * 1000
  const deadline = new AbortController()
  const soft = setTimeout(() => deadline.abort(), deadlineMs)
  let hard: NodeJS.Timeout | undefined
  const abandoned = new Promise<never>((_, reject) => {
    hard = setTimeout(() => {
      const seconds = deadlineMs / 1000
      reject(new DriverError(`${options.name}: no answer within ${seconds} s`, 'maybe-happened'))
    }, deadlineMs + graceMs)
  })
  const signal =
    options.signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, options.signal])
  const call: CallContext = {
    log: logOf(parts.log, { backend: parts.label, call: options.name, ...options.asked }),
    deadlineMs,
    signal,
    fence: fenceOf(parts, options.guarded ?? null),
    progress: options.progress ?? (() => {}),
  }
  const began = performance.now()
  let outcome: CallEvent['outcome'] = 'ok'
  try {
    return await Promise.race([work(call), abandoned])
  } catch (error) {
    outcome = isDriverError(error) ? error.outcome : 'unexpected'
    throw error
  } finally {
    clearTimeout(soft)
    clearTimeout(hard)
    const seconds = (performance.now() - began) / 1000
    parts.observeCall?.({ backend: parts.label, call: options.name, seconds, outcome })
  }
}

/** Instance ids come from the database, where only our own uuids are; still nothing else may become a path. */
function fenceOf(parts: BackendParts, guarded: Guard | null): Fence | null {
  if (guarded === null) return null
  const { instanceId, fence: number } = guarded
  if (!/^[0-9a-fA-F-]{1,64}$/.test(instanceId))
    throw new DriverError('not an instance id', 'nothing-happened')
  const fence = {
    lockFile: join(parts.dir, 'fences', instanceId),
    number,
    owned: () => guarded.owned(),
  }
  // On one host the record beside the lock file is enough, and costs no query.
  if (parts.driver.reach === 'host') return fence
  return { ...fence, confirm: () => confirmLease(parts.store, instanceLane(instanceId), number) }
}
