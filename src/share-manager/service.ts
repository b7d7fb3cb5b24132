/**
 * manila-share: serves one or more backends. Each has its own worker, reconcilers and slots, so that a hung one costs the
 * others nothing. Several processes may serve the same backend: operations are shared out by leases, what looks at the
 * whole backend is done by its leader. It promises that a backend that is down is tried for ever and reported, and that
 * stopping never disturbs a client. It refuses to know HTTP and who asked.
 */
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { BackendSettings, Settings } from '../config/schema.ts'
import { registerBackend, setInfoHash } from '../db/store/backends.ts'
import { poolNotes } from '../db/store/pools.ts'
import { readOnlyPools } from '../db/store/read-only-pools.ts'
import { liveServers } from '../db/store/processes.ts'
import { registerService } from '../db/store/services.ts'
import type { Failpoint } from '../engine/failpoint.ts'
import { every, type Periodic } from '../engine/periodic.ts'
import { busTopic } from '../engine/topics.ts'
import type { RunnerParts } from '../engine/runner.ts'
import { worker, type Worker } from '../engine/worker.ts'
import type { Exec } from '../exec/exec.ts'
import { hostLock } from '../exec/host-lock.ts'
import { operationPlans } from '../model/operations.ts'
import { admission } from './admission.ts'
import { backend, type Backend, type BackendParts } from './backend.ts'
import { build } from './build.ts'
import { leader } from './leader.ts'
import { shareOperations } from './operations/index.ts'
import type { BackendScope, ShareParts } from './parts.ts'
import type { Resting } from './resting.ts'
import { accessRules } from './reconcilers/access-rules.ts'
import { compactionOf } from './reconcilers/compaction.ts'
import { retryDeferredDeletions } from './reconcilers/deferred-deletion.ts'
import { ensureIfChanged } from './reconcilers/ensure.ts'
import { reconcileExports } from './reconcilers/exports.ts'
import { runForcedDeletions } from './reconcilers/forced-deletions.ts'
import { guardOf } from './reconcilers/guard.ts'
import { removeFences } from './reconcilers/fences.ts'
import { removeOrphans } from './reconcilers/orphans.ts'
import { reportPools } from './reconcilers/pool-stats.ts'
import { auditStorage, findingsSentence } from './reconcilers/storage-audit.ts'
import { usages, type Usages } from './reconcilers/usages.ts'

export interface ShareManagerParts extends Omit<ShareParts, 'settings'> {
  readonly settings: Settings
  /** Each backend has a folder in it, shared by all processes of this host that serve the backend. */
  readonly dir: string
  /** True while the process takes nothing new. */
  readonly draining: () => boolean
  /** The kernel this process runs on: see `presence.ts`. */
  readonly kernelId: string
  readonly failpoint: Failpoint
  readonly observe?: RunnerParts['observe']
  readonly observeCall?: BackendParts['observeCall']
  readonly observeExporter?: BackendParts['observeExporter']
  /** For metrics: a server of this exporter died and was started again. */
  readonly observeRestart?: (backend: string, exporter: string) => void
  /** Tests bring their own. */
  readonly exec?: Exec
}

export interface ShareManager {
  /** By row id. */
  readonly backends: ReadonlyMap<string, Backend>
  /** Rows of the services that this process serves, one a backend. */
  readonly serviceIds: readonly number[]
  /** Serves each backend as soon as it is up; waits for none. The process must be registered by then. */
  start(): void
  /** Measures everything on the backend, together with whoever else asks now. Rejects when it isn't served here. */
  refreshUsages(backendId: string): Promise<void>
  /** Running operations get `graceMs` and are then left for others; with `detach` backends are unmounted. */
  stop(options: { readonly graceMs: number; readonly detach: boolean }): Promise<void>
}

const seconds = 1000
const workerPollMs = 2 * seconds

/** Registers every configured backend. Rejects when the database can't be reached. */
export async function shareManager(parts: ShareManagerParts): Promise<ShareManager> {
  const served: Served[] = []
  const serviceIds: number[] = []
  for (const [name, settings] of Object.entries(parts.settings.backends)) {
    const { scope, serviceId } = await register(parts, name, settings)
    serviceIds.push(serviceId)
    served.push(serve(parts, scope))
  }
  const homeless = worker({
    ...runnerParts(parts, null),
    bus: parts.bus,
    backendId: null,
    ...polling(parts, 4),
  })
  return {
    backends: new Map(served.map(({ scope }) => [scope.backend.id, scope.backend])),
    serviceIds,
    start() {
      for (const one of served) one.start()
      homeless.start()
    },
    refreshUsages(backendId) {
      const found = served.find(({ scope }) => scope.backend.id === backendId)
      return found === undefined
        ? Promise.reject(new Error(`backend ${backendId} is not served here`))
        : found.usages.refresh({ fresh: true })
    },
    async stop({ graceMs, detach }) {
      const ends = await Promise.allSettled([
        homeless.stop(graceMs),
        ...served.map((one) => one.stop(graceMs, detach)),
      ])
      for (const end of ends) {
        if (end.status === 'rejected') parts.log.error({ err: end.reason }, 'a backend did not stop cleanly')
      }
    },
  }
}

interface Served {
  readonly scope: BackendScope
  readonly usages: Usages
  start(): void
  stop(graceMs: number, detach: boolean): Promise<void>
}

/** The backend's worker and reconcilers begin when it is up. */
function serve(parts: ShareManagerParts, scope: BackendScope): Served {
  const { backend } = scope
  const { log } = parts
  const measured = usages(scope)
  const stopping = new AbortController()
  const runner = runnerParts(parts, scope)
  const operations: Worker = worker({
    ...runner,
    bus: parts.bus,
    backendId: backend.id,
    ...polling(parts, backend.settings.slots),
  })
  const rules = accessRules(scope)
  const [resting, restingOrphans]: [Resting, Resting] = [new Map(), new Map()]
  const guard = guardOf(scope)
  const compaction = compactionOf(scope)
  const forced = every(5 * seconds, 'forced deletions', log, () =>
    runForcedDeletions(scope, runner, stopping.signal),
  )
  const troubles = every(5 * seconds, `troubles of ${backend.label}`, log, async () => {
    const closedToWriters = await readOnlyPools(scope.store.db, backend.id)
    const found = await findingsSentence(scope)
    const notes = await poolNotes(scope.store.db, backend.id)
    await backend.noteTroubles([...closedToWriters.map(({ reason }) => reason), ...notes, ...found])
  })
  const jobs: Periodic[] = [forced, troubles]
  const led: Periodic[] = []
  const leadership = leader(scope, () => {
    for (const job of led) job.nudge()
  })
  /** Done by the backend's leader alone, and at once by a new one. */
  const whenLeading = (everyS: number, what: string, work: () => Promise<unknown>): Periodic =>
    every(everyS * seconds, `${what} of ${backend.label}`, log, async () => {
      if (leadership.leads) await work()
    })
  const compact = async (): Promise<void> => {
    const goesOn = (): boolean => leadership.leads && !stopping.signal.aborted
    while (goesOn() && (await compaction.run(stopping.signal)));
  }
  const topic = busTopic('share', backend.id)
  const unserve = [
    parts.bus.answer(topic, 'ping', async () => ({ service: 'manila-share', host: parts.settings.host })),
  ]
  let [reports, check]: (Periodic | undefined)[] = []
  /** There is another protocol for new shares, and shares that could not be published yet. */
  const oneMore = (): void => {
    reports?.nudge()
    check?.nudge()
  }
  const ready = (): void => {
    if (stopping.signal.aborted) return
    unserve.push(
      parts.bus.serve(topic, 'usage.wanted', () => {
        measured.refresh({ fresh: true }).catch((error: unknown) => {
          log.warn({ backend: backend.label, err: error }, 'a measurement that somebody waits for failed')
        })
      }),
    )
    let asked = 0
    unserve.push(parts.bus.serve(topic, 'room.wanted', () => void asked++))
    operations.start()
    rules.start()
    reports = whenLeading(backend.settings.report_interval_s, 'pools', () => reportPools(scope))
    check = whenLeading(600, 'check', () => ensure(scope))
    let known = 0
    led.push(
      reports,
      check,
      // Who deletes to make room, or waits for some, need not wait for the next report.
      whenLeading(1, 'pools with more room', async () => {
        const now = backend.gaveBack + asked
        if (known === now) return
        known = now
        reports?.nudge()
      }),
      whenLeading(60, 'usages', () => measured.refresh()),
      whenLeading(10, 'exports', () => reconcileExports(scope, resting)),
      ...(backend.driver.watches === undefined
        ? []
        : [
            whenLeading(1, 'room', () => guard.look()),
            whenLeading(5, 'failed file systems', () => guard.revive()),
          ]),
      ...(backend.driver.compacts === undefined ? [] : [whenLeading(15, 'compaction', compact)]),
      whenLeading(60, 'deferred deletions', () => retryDeferredDeletions(scope)),
      whenLeading(60, 'orphans', () => removeOrphans(scope, restingOrphans)),
      whenLeading(backend.settings.storage_audit_interval_s, 'storage', () => auditStorage(scope)),
    )
    // Fence files are this node's own, whoever leads.
    jobs.push(
      ...led,
      every(3600 * seconds, `fences of ${backend.label}`, log, () => removeFences(scope)),
    )
    leadership.start()
  }
  return {
    scope,
    usages: measured,
    // One less is a protocol less for new shares.
    start: () => backend.start({ ready, oneMore, oneLess: () => reports?.nudge() }),
    async stop(graceMs, detach) {
      stopping.abort()
      for (const end of unserve) end()
      await Promise.all([operations.stop(graceMs), rules.stop(), ...jobs.map((job) => job.stop())])
      await leadership.stop()
      // First: whatever comes of the stop, the next start looks for every mount.
      if (detach) await forgetEnsured(scope)
      await backend.stop({ detach })
    },
  }
}

/** A database that is away must not keep a host from being unmounted. */
async function forgetEnsured({ store, backend, log }: BackendScope): Promise<void> {
  try {
    await setInfoHash(store.db, backend.id, null)
  } catch (error) {
    log.error(
      { backend: backend.label, err: error },
      'it could not be noted that all is unmounted: after the next start have the shares ensured (manila service ensure-shares)',
    )
  }
}

/** After a change of configuration or a restart of the host; what failed is checked again at the next run. */
async function ensure(scope: BackendScope): Promise<void> {
  const { backend, log } = scope
  try {
    const ensured = await ensureIfChanged(scope)
    if (ensured !== null) log.info({ backend: backend.label, ...ensured }, 'shares were checked')
  } finally {
    // What is not mounted by now won't be.
    const { publisher } = backend
    if (publisher !== null) await backend.call({ name: 'settled' }, async (call) => publisher.settled?.(call))
  }
}

const polling = (parts: ShareManagerParts, slots: number) => ({
  slots,
  pollMs: workerPollMs,
  draining: parts.draining,
})

/** Null: for work that no backend is involved in. */
function runnerParts(parts: ShareManagerParts, scope: BackendScope | null): RunnerParts {
  const steps = scope ?? { ...sharedParts(parts), backend: null }
  return {
    store: parts.store,
    clock: parts.clock,
    plans: operationPlans,
    registry: shareOperations(steps),
    topic: 'share',
    // One name per backend: leases of different backends are renewed by themselves.
    holder: steps.holder,
    backendId: scope?.backend.id ?? null,
    ...(parts.agreement === undefined ? {} : { agreement: parts.agreement }),
    stepDeadlineMs: (scope?.backend.settings.call_timeout_s ?? 60) * seconds,
    failpoint: parts.failpoint,
    log: parts.log,
    ...(parts.observe === undefined ? {} : { observe: parts.observe }),
  }
}

function sharedParts(parts: ShareManagerParts): ShareParts {
  const { store, clock, bus, log, settings, holder, agreement } = parts
  const own = { store, clock, bus, log, settings, holder: `${holder}/${randomUUID().slice(0, 8)}` }
  return agreement === undefined ? own : { ...own, agreement }
}

async function register(
  parts: ShareManagerParts,
  name: string,
  settings: BackendSettings,
): Promise<{ scope: BackendScope; serviceId: number }> {
  const host = settings.host || parts.settings.host || hostname()
  const label = `${host}@${name}`
  const zone = settings.availability_zone || parts.settings.shares.storage_availability_zone
  const dir = resolve(join(parts.dir, name))
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const restarted = (exporter: string): void => parts.observeRestart?.(label, exporter)
  const built = await build({ ...parts, restarted }, name, settings, dir)
  const now = parts.clock.now()
  const serviceId = await registerService(parts.store, {
    host: label,
    binaryName: 'manila-share',
    topic: 'manila-share',
    availabilityZone: zone,
    now,
  })
  const id = await registerBackend(parts.store, {
    label,
    backendName: settings.share_backend_name || name,
    availabilityZone: zone,
    reach: built.driver.reach,
    now,
  })
  const { store, clock, log } = parts
  const one = backend({
    ...built,
    store,
    clock,
    log,
    id,
    label,
    name,
    settings,
    dir,
    lock: hostLock,
    admit: async (call) => {
      if (built.driver.reach === 'host') await refuseOtherKernels(parts, label, serviceId)
      const published = built.members.map(({ publishes: { pretends = false }, protocols }) => ({
        protocols,
        pretends,
      }))
      return admission(store.db, { id, name, settings, driver: built.driver, published }, call)
    },
    ...(parts.observeCall === undefined ? {} : { observeCall: parts.observeCall }),
    ...(parts.observeExporter === undefined ? {} : { observeExporter: parts.observeExporter }),
  })
  return { scope: { ...sharedParts(parts), backend: one }, serviceId }
}

/**
 * Two kernels that mount one file system destroy it. Throws while a process on another one, started earlier, serves the same
 * backend.
 */
async function refuseOtherKernels(parts: ShareManagerParts, label: string, serviceId: number): Promise<void> {
  const downAfterS = parts.settings.shares.service_down_time_s
  const [eldest] = await liveServers(parts.store.db, parts.store, serviceId, downAfterS)
  if (eldest === undefined || eldest.kernel_id === parts.kernelId) return
  throw new Error(
    `${label} is served by ${eldest.program} on ${eldest.node} (process ${eldest.pid}), which is another kernel: one host alone may serve it. Give this one a name of its own, or stop the other`,
  )
}
