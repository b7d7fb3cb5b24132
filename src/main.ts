/**
 * Builds the parts and passes them down; the only file that wires everything. `startService` runs all roles in one
 * process over the memory bus and SQLite: the same operations, the same messages as on many nodes.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { identityRoutes } from './api/identity/plugin.ts'
import { routes } from './api/routes.ts'
import { buildServer } from './api/server.ts'
import { healthRoute } from './api/status/health.ts'
import { metricsRoute, readGauges } from './api/status/metrics.ts'
import type { AppParts } from './app/context.ts'
import { AuthManager } from './auth/manager.ts'
import type { Bus } from './bus/bus.ts'
import { openBus } from './bus/open.ts'
import type { Settings } from './config/schema.ts'
import { migrate, openStore, type Store } from './db/open.ts'
import { failpointFromEnvironment } from './engine/failpoint.ts'
import { breakAllLeases } from './engine/lanes.ts'
import { Policy } from './policy/enforce.ts'
import { systemClock, type Clock } from './runtime/clock.ts'
import { createLog } from './runtime/log.ts'
import { metrics as createMetrics } from './runtime/metrics.ts'
import { schedulerService } from './scheduler/service.ts'
import { startShareManager, type ShareManager } from './share-manager/service.ts'

export interface Service {
  readonly url: string
  readonly auth: AuthManager
  readonly store: Store
  readonly clock: Clock
  readonly shareManager: ShareManager
  readonly app: FastifyInstance
  /** Ends gracefully; `detach` also unmounts and ends what the backends started. */
  stop(options?: { readonly detach?: boolean }): Promise<void>
}

export interface StartOptions {
  /** File for the log; standard output without one. */
  readonly logFile?: string
  /** Tests put a bad one in front. */
  readonly wrapBus?: (bus: Bus) => Bus
  /** Schedulers in this process; tests run several against one ledger. */
  readonly schedulers?: number
}

/** Milliseconds that running operations get at a clean stop before they are left for the next start. */
const graceMs = 5000

/** Starts everything `settings` asks for; throws a sentence when it can't. */
export async function startService(settings: Settings, options: StartOptions = {}): Promise<Service> {
  mkdirSync(settings.state_dir, { recursive: true, mode: 0o700 })
  const log = createLog(settings.log_level, options.logFile)
  const clock = systemClock()
  const store = await openStore(settings.database.url)
  await migrate(store)
  // One process owns the file, so whoever held a lease before is dead: resume at once.
  if (store.dialect.singleProcess) await breakAllLeases(store)
  const metrics = createMetrics()
  const opened = openBus(settings.bus, {
    service: 'manila-all',
    log,
    now: () => clock.now(),
    observe: metrics.bus,
  })
  const bus = options.wrapBus?.(opened) ?? opened
  const policy = new Policy({
    clock,
    file: settings.api.policy_file,
    onBroken: (error) =>
      log.error({ err: error }, 'the policy file is broken; the last good rules stay in force'),
  })
  mkdirSync(dirname(settings.auth.key_file), { recursive: true, mode: 0o700 })
  const auth = await AuthManager.open({
    store,
    clock,
    keyFile: settings.auth.key_file,
    tokenLifetimeS: settings.auth.token_lifetime_s,
    limits: { maxAccountFailures: settings.auth.max_login_failures, windowS: settings.auth.login_window_s },
  })
  const parts: AppParts = { store, clock, bus, policy, settings }
  readGauges(parts, metrics)
  const failpoint = failpointFromEnvironment(process.env)
  const processId = randomUUID()

  const schedulers = Array.from({ length: options.schedulers ?? 1 }, (_, index) =>
    schedulerService({
      ...parts,
      random: Math.random,
      holder: `${processId}/scheduler-${index}`,
      failpoint,
      log,
      observe: metrics.operation,
    }),
  )
  const shareManager = await startShareManager({
    ...parts,
    holder: `${processId}/share`,
    dir: join(settings.state_dir, 'backends'),
    failpoint,
    log,
    observe: metrics.operation,
    observeCall: metrics.driverCall,
  })
  for (const scheduler of schedulers) scheduler.start()

  const app = buildServer({ ...parts, auth, routes, log, observe: metrics.request })
  healthRoute(app, { ...parts, auth })
  metricsRoute(app, metrics)
  await app.register(identityRoutes({ auth, policy, clock, publicUrl: settings.api.public_url }), {
    prefix: '/identity',
  })
  await app.listen({ host: settings.api.host, port: settings.api.port })
  const { port } = app.server.address() as AddressInfo
  const host = settings.api.host.includes(':') ? `[${settings.api.host}]` : settings.api.host
  log.info({ host, port }, 'manila serves')

  return {
    url: `http://${host}:${port}`,
    auth,
    store,
    clock,
    shareManager,
    app,
    async stop({ detach = false } = {}) {
      await app.close()
      await Promise.all(schedulers.map((scheduler) => scheduler.stop(graceMs)))
      await shareManager.stop({ graceMs, detach })
      await bus.close()
      await store.close()
    },
  }
}
