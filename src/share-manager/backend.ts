/**
 * One configured backend: its driver, its exporters, its directory, and which of them are up. It promises that setting up
 * is tried for ever, that every call has a deadline even when the driver ignores it, that a dead backend costs nobody else
 * anything, and a dead exporter nobody whose shares it does not publish. It refuses to know what is stored there.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackendSettings } from '../config/schema.ts'
import { isNotedReady, type Health } from '../db/store/backends.ts'
import { DriverError, type CallContext, type StorageDriver } from '../storage/contract/driver.ts'
import type { HostLock } from '../exec/host-lock.ts'
import type { Clock } from '../runtime/clock.ts'
import { bounded, graceMs, type CallOptions, type CallParts } from './backend-call.ts'
import { healthRecord } from './backend-health.ts'
import { publisherOf, type Member, type MemberState, type Publisher } from './publisher.ts'
import { settingUp, type SettingUp } from './set-up.ts'

export interface BackendParts extends CallParts {
  readonly clock: Clock
  /** Row id. */
  readonly id: string
  readonly name: string
  readonly settings: BackendSettings
  /** Absolute; belongs to this backend alone and survives restarts. */
  readonly dir: string
  readonly driver: StorageDriver
  /** Everything that publishes here; none where nothing does. */
  readonly members: readonly Member[]
  /** Keeps two processes of this host from setting up at once. */
  readonly lock?: HostLock
  /**
   * Throws why this process may not serve the backend now. Answers why it may serve what it has and take no new shares, as
   * a sentence, or null.
   */
  readonly admit?: (call: CallContext) => Promise<string | null>
  /** For metrics: an exporter came up, or is tried again. */
  readonly observeExporter?: (event: {
    readonly backend: string
    readonly exporter: string
    readonly up: boolean
  }) => void
  /** Milliseconds before the second try of setting up; doubles from then on. */
  readonly firstPauseMs?: number
}

export interface Backend {
  readonly id: string
  readonly label: string
  readonly name: string
  readonly settings: BackendSettings
  readonly dir: string
  readonly driver: StorageDriver
  /** All who publish here as one; null where nothing does. */
  readonly publisher: Publisher | null
  /** Each who publishes here by itself, and whether it is up. */
  readonly exporters: readonly MemberState[]
  /** `ready` when its driver is, and at least one of those who publish. */
  readonly health: Health
  /** Why it is not ready; of one that is ready, why it is {@link closed} and what its exporters have trouble with. */
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
   * Records what the exporters have to say of themselves although they work, and what else there is to say, when that changed; and that
   * the backend is ready, where the row says otherwise.
   */
  noteTroubles(also?: readonly string[]): Promise<void>
  /** Sets up, again and again until it works. */
  start(heard: BackendNews): void
  /** Waits for nothing but the driver's own stop; with `detach` clients lose their mounts. */
  stop(options: { readonly detach: boolean }): Promise<void>
}

/** What a backend that is set up tells. */
export interface BackendNews {
  /** Once. */
  ready(): void
  /** An exporter came up later than that. */
  oneMore?(): void
  /** A try of an exporter failed while the backend was ready. */
  oneLess?(): void
}

/** Milliseconds that a stop which detaches lets a set-up go on. */
const setUpGraceMs = 15_000
/** Seconds after which work for a backend that isn't ready is tried again. */
const notReadyRetryS = 5

/** Calls after which a pool may have more room. */
const giving = new Set(['delete', 'delete-snapshot', 'shrink', 'unmanage', 'compact'])

export function backend(parts: BackendParts): Backend {
  const { label, log, driver } = parts
  const record = healthRecord(parts)
  const leaving = new AbortController()
  const { signal } = leaving
  const firstPauseMs = parts.firstPauseMs ?? 1000
  let health: Health = 'starting'
  let reason: string | null = null
  let closed: string | null = null
  let gaveBack = 0
  let stopped = false
  let heard: BackendNews = { ready: () => {} }

  const report = async (now: Health, why: string | null): Promise<void> => {
    health = now
    reason = why
    await record.write(now, why, { closed: closed !== null })
  }

  /** What an operator should know of a backend that is ready; null when that is nothing. */
  const remarks = (also: readonly string[] = []): string | null => {
    const all = [...(closed === null ? [] : [closed]), ...also, ...(publisher?.troubles() ?? [])]
    return all.length === 0 ? null : all.join('; ')
  }

  /** One process of this host at a time sets up what lies in `dir`. */
  const alone = async (dir: string, work: () => Promise<void>): Promise<void> => {
    const waitMs = parts.settings.call_timeout_s * 1000
    const release = await parts.lock?.(join(dir, 'setup.lock'), { waitMs, signal })
    try {
      await work()
    } finally {
      await release?.()
    }
  }

  const complain = (error: unknown, what: string, pauseMs: number): void => {
    const why = error instanceof Error ? error.message : String(error)
    const again = `trying again in ${Math.round(pauseMs / 1000)} s`
    log.error({ backend: label, err: error }, `${what} is not ready: ${why}; ${again}`)
  }

  /** The backend is ready with the first of those who publish, and says so once; with none of them it is not. */
  const oneCameUp = async (): Promise<void> => {
    const late = health === 'ready'
    await report('ready', remarks())
    if (late) return heard.oneMore?.()
    if (closed === null) log.info({ backend: label }, 'the backend is ready')
    else log.warn({ backend: label }, `the backend is ready. ${closed}`)
    heard.ready()
  }

  const members: readonly { readonly set: SettingUp; readonly state: MemberState }[] = parts.members.map(
    (member) => {
      const { server, key, dir } = member
      const says = (up: boolean): void => parts.observeExporter?.({ backend: label, exporter: key, up })
      const set = settingUp({
        firstPauseMs,
        async setUp() {
          if (server === null) return
          says(false)
          await alone(dir, () =>
            bounded(parts, { name: 'setup-exporter', signal }, (call) => server.setup(call)),
          )
        },
        async failed(error, pauseMs) {
          complain(
            error,
            parts.members.length === 1 ? 'the backend' : `exporter ${key} of the backend`,
            pauseMs,
          )
          if (health === 'ready') heard.oneLess?.()
          // The others may yet come up, and then it serves with those.
          if (members.every(({ set: other }) => other.reason !== null)) await report('failed', whyNone())
        },
        async worked() {
          says(true)
          await oneCameUp()
        },
      })
      return {
        set,
        get state(): MemberState {
          return { member, up: set.up, reason: set.reason, failures: set.failures }
        },
      }
    },
  )
  const publisher = publisherOf(label, members)
  const whyNone = (): string =>
    members.length === 1
      ? (members[0]?.set.reason ?? '')
      : members.map(({ state }) => `exporter ${state.member.key}: ${state.reason}`).join('; ')

  const base = settingUp({
    firstPauseMs,
    async setUp() {
      await mkdir(join(parts.dir, 'fences'), { recursive: true, mode: 0o700 })
      const { admit } = parts
      closed = admit === undefined ? null : await bounded(parts, { name: 'admit', signal }, admit)
      await alone(parts.dir, () => bounded(parts, { name: 'setup', signal }, (call) => driver.setup(call)))
    },
    async failed(error, pauseMs) {
      complain(error, 'the backend', pauseMs)
      await report('failed', error instanceof Error ? error.message : String(error))
    },
    async worked() {
      if (members.length === 0) return oneCameUp()
      for (const { set } of members) set.start()
    },
  })

  return {
    id: parts.id,
    label,
    name: parts.name,
    settings: parts.settings,
    dir: parts.dir,
    driver,
    publisher,
    get exporters() {
      return members.map(({ state }) => state)
    },
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
      if (health !== 'ready') return Promise.reject(notReady(label, reason))
      const answer = bounded(parts, options, work)
      if (!giving.has(options.name)) return answer
      return answer.finally(() => gaveBack++)
    },
    async noteTroubles(also) {
      if (health !== 'ready') return
      const now = remarks(also)
      if (now !== reason) await record.tell(now)
      // A note that was lost with the database, or that a process which died half set up has written over, is written again: till then
      // no scheduler would place anything here.
      else if (record.recorded && (await isNotedReady(parts.store.db, parts.id))) return
      await report('ready', now)
    },
    start(news) {
      heard = news
      void report('starting', null).then(() => (stopped ? undefined : base.start()))
    },
    async stop({ detach }) {
      stopped = true
      const all = [base, ...members.map(({ set }) => set)]
      for (const one of all) one.stop()
      // What is being set up would come up behind a stop that detaches; half a set-up is easier to take down whole.
      const over = (ms: number) =>
        Promise.race([
          Promise.all(all.map(({ underWay }) => underWay)),
          new Promise((resolve) => setTimeout(resolve, ms).unref()),
        ])
      if (detach) await over(setUpGraceMs)
      leaving.abort()
      await over(graceMs)
      // The exporters first: a tree can't be unmounted while it is served.
      const servers = parts.members.flatMap(({ server }) => server ?? [])
      const ends = await Promise.allSettled(
        servers.map((server) =>
          bounded(parts, { name: 'stop-exporter' }, (call) => server.stop(call, { detach })),
        ),
      )
      for (const end of ends) if (end.status === 'rejected') throw end.reason
      await bounded(parts, { name: 'stop' }, (call) => driver.stop(call, { detach }))
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
