/**
 * Builds the parts and passes them down; the only file that wires roles together. One process runs any of the roles:
 * `manila-all` has all four over the memory bus and SQLite, and the same operations and messages as many nodes.
 */
import type { FastifyInstance } from 'fastify'
import { statusListener } from './api/status/listener.ts'
import type { IdentityFace } from './auth/identity-face.ts'
import type { Bus } from './bus/bus.ts'
import type { Settings } from './config/schema.ts'
import type { Store } from './db/open.ts'
import { heldBack, ownPlans } from './engine/agreement.ts'
import { startPresence, type Presence } from './engine/presence.ts'
import type { ApiRole } from './roles/api.ts'
import { openCore, whenThere, type Core } from './roles/core.ts'
import type { Role, RoleName } from './roles/role.ts'
import type { ShareRole } from './roles/share.ts'
import type { Clock } from './runtime/clock.ts'
import { isWorker } from './runtime/worker-metrics.ts'
import { version } from './runtime/version.ts'
import type { ShareManager } from './share-manager/service.ts'

export interface Service extends Running {
  readonly url: string
  /** Its accounts; throws where they are administered elsewhere. */
  readonly auth: IdentityFace
  readonly store: Store
  readonly clock: Clock
  readonly shareManager: ShareManager
  readonly app: FastifyInstance
}

/** Roles that run in this process. */
export interface Running {
  /** Where it is asked for its health: the API's own port when it runs here. */
  readonly url: string
  /** Null in one of several workers. */
  readonly metricsUrl: string | null
  /** Ends gracefully; `detach` also unmounts and ends what the backends started. */
  stop(options?: { readonly detach?: boolean }): Promise<void>
}

export interface StartOptions {
  /** File for the log; standard output without one. */
  readonly logFile?: string | undefined
  /** Tests put a bad one in front. */
  readonly wrapBus?: (bus: Bus) => Bus
  /** Schedulers in this process; tests run several against one ledger. */
  readonly schedulers?: number
}

/** Milliseconds that running operations get at a clean stop before they are left for others. */
const graceMs = 5000

/** All roles in one process. Throws a sentence when it can't. */
export async function startService(settings: Settings, options: StartOptions = {}): Promise<Service> {
  const { core, built, running } = await startRoles(
    settings,
    'manila-all',
    ['api', 'scheduler', 'share', 'data'],
    options,
  )
  const { api, share } = built as Required<Built>
  return {
    url: api.url,
    metricsUrl: running.metricsUrl,
    get auth() {
      if (api.face === null) throw new Error('accounts are administered in Keystone: [auth] backend')
      return api.face
    },
    app: api.app,
    store: core.store,
    clock: core.clock,
    shareManager: share.manager,
    stop: (stopOptions) => running.stop(stopOptions),
  }
}

/** One role, as `manila-api`, `manila-scheduler`, `manila-share` and `manila-data` run it. */
export async function startRole(
  settings: Settings,
  role: RoleName,
  options: StartOptions = {},
): Promise<Running> {
  return (await startRoles(settings, `manila-${role}`, [role], options)).running
}

interface Built {
  api?: ApiRole
  scheduler?: Role
  share?: ShareRole
  data?: Role
}

async function startRoles(
  settings: Settings,
  program: string,
  names: readonly RoleName[],
  options: StartOptions,
): Promise<{ core: Core; built: Built; running: Running }> {
  let presence: Presence | null = null
  const core = await openCore(settings, {
    program,
    logFile: options.logFile,
    wrapBus: options.wrapBus,
    draining: () => presence?.draining ?? false,
    agreement: heldBack(
      { knows: (kind, version) => (presence?.agreement ?? ownPlans).knows(kind, version) },
      process.env,
    ),
  })
  const { store, log, clock } = core
  // Each role is loaded where it runs: what a process does not load costs it no memory and no time at its start.
  const built: Built = {}
  if (names.includes('share')) {
    const { shareRole } = await import('./roles/share.ts')
    built.share = await whenThere(log, () => shareRole(core))
  }
  if (names.includes('scheduler')) {
    const { schedulerRole } = await import('./roles/scheduler.ts')
    built.scheduler = await whenThere(log, () => schedulerRole(core, options.schedulers ?? 1))
  }
  if (names.includes('data')) {
    const { dataRole } = await import('./roles/data.ts')
    built.data = await whenThere(log, () => dataRole(core))
  }
  if (names.includes('api')) {
    const { apiRole } = await import('./roles/api.ts')
    built.api = await apiRole(core)
  }
  const roles: readonly Role[] = Object.values(built)
  const process_ = {
    id: core.processId,
    program,
    node: settings.host,
    pid: process.pid,
    kernel_id: core.kernelId,
    version,
    started_at: clock.now(),
    serviceIds: roles.flatMap(({ serviceIds }) => serviceIds),
  }
  const downAfterS = settings.shares.service_down_time_s
  presence = await whenThere(log, () => startPresence({ store, clock, log, process: process_, downAfterS }))
  for (const role of roles) await role.start()
  // The metrics of workers are added up by their primary, on the same port.
  const status = isWorker() ? null : await listen(core, roles)
  if (status !== null) log.info({ url: status.url }, `${program} runs; its metrics are at this address`)
  return {
    core,
    built,
    running: {
      url: built.api?.url ?? status?.url ?? '',
      metricsUrl: status === null ? null : `${status.url}/metrics`,
      async stop({ detach = false } = {}) {
        // First what takes work in, then what does it: nothing is asked of a backend that is about to go.
        for (const role of [built.api, built.scheduler, built.data, built.share]) {
          await role?.stop({ graceMs, detach })
        }
        await presence?.stop()
        await status?.close()
        await core.close()
      },
    },
  }
}

function listen({ settings, store, metrics }: Core, roles: readonly Role[]) {
  return statusListener({
    host: settings.metrics.host,
    port: settings.metrics.port,
    store,
    metrics: { contentType: metrics.registry.contentType, expose: () => metrics.expose() },
    async unusable() {
      const reasons = await Promise.all(roles.map((role) => role.unusable()))
      return reasons.find((reason) => reason !== null) ?? null
    },
  })
}
