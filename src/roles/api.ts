/** manila-api: REST, the Keystone v3 calls and health on one port. */
import { readPolicyGauges } from './gauges.ts'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { proxyTrust } from '../api/addresses.ts'
import { dashboardRoutes } from '../api/dashboard/plugin.ts'
import { elsewhereRoutes } from '../api/identity/elsewhere.ts'
import { identityRoutes } from '../api/identity/plugin.ts'
import { routes } from '../api/routes.ts'
import { buildServer } from '../api/server.ts'
import { healthRoute } from '../api/status/health.ts'
import { metricsRoute } from '../api/status/metrics.ts'
import type { AppParts } from '../app/context.ts'
import { AuditStream } from '../audit/stream.ts'
import { AuditTrail } from '../audit/trail.ts'
import { CertificateAccounts } from '../auth/certificate-accounts.ts'
import type { IdentityFace } from '../auth/identity-face.ts'
import { openAuthentication } from '../auth/open.ts'
import { Sessions } from '../auth/sessions.ts'
import type { TokenVerifier } from '../auth/verifier.ts'
import { Policy } from '../policy/enforce.ts'
import { whenThere, type Core } from './core.ts'
import type { Role } from './role.ts'

export interface ApiRole extends Role {
  readonly face: IdentityFace | null
  readonly app: FastifyInstance
  /** `http://127.0.0.1:8786`, once started. */
  readonly url: string
}

export async function apiRole(core: Core): Promise<ApiRole> {
  const { settings, store, clock, bus, log, metrics } = core
  const policy = new Policy({
    clock,
    file: settings.api.policy_file,
    onBroken: (error) =>
      log.error({ err: error }, 'the policy file is broken; the last good rules stay in force'),
    onLoaded: ({ overrides, warnings }) => {
      log.info({ file: settings.api.policy_file, overrides }, 'the policy file is in force')
      for (const warning of warnings) log.warn({ file: settings.api.policy_file }, `policy file: ${warning}`)
    },
  })
  readPolicyGauges(policy, metrics)
  const authentication = await whenThere(log, () => openAuthentication(settings, core))
  const { verifier, face, desk } = authentication
  const sessions = settings.dashboard.enabled ? new Sessions({ store, clock, desk }) : null
  const parts: AppParts = { store, clock, bus, policy, settings, agreement: core.agreement }
  readIdentity(core, verifier)
  const { clients } = settings.api.tls
  const certificates =
    face === null || clients.length === 0
      ? {}
      : { certificates: new CertificateAccounts(clients, { store, face, clock }) }
  const trail = auditTrail(core)
  const audit = trail === null ? {} : { audit: { trail, observer: `manila-api@${settings.host}` } }
  const app = buildServer({
    ...parts,
    ...certificates,
    ...audit,
    ...(sessions === null ? {} : { sessions }),
    auth: verifier,
    routes,
    log,
    observe: metrics.request,
  })
  let leaving = false
  // Who kept a connection opens the next one to another API.
  app.addHook('onSend', async (_request, reply) => {
    if (leaving) reply.header('connection', 'close')
  })
  healthRoute(app, { ...parts, auth: verifier, leaving: () => leaving, audit: () => trail?.state ?? null })
  if (settings.metrics.on_api_port) metricsRoute(app, metrics)
  const { public_url: publicUrl, trust_proxy: trusted } = settings.api
  const statementsMs = settings.limits.request_ms
  if (face !== null) {
    const identity = {
      auth: face,
      policy,
      clock,
      statementsMs,
      ...audit,
    }
    await app.register(identityRoutes(identity), { prefix: '/identity' })
  } else if (verifier.authenticateUri !== null) {
    await app.register(elsewhereRoutes(verifier.authenticateUri), { prefix: '/identity' })
  }
  if (sessions !== null) {
    const dashboard = {
      settings: settings.dashboard,
      identityUri: verifier.authenticateUri,
      sessions,
      policy,
      clock,
      publicUrl,
      trust: proxyTrust(trusted),
      statementsMs,
      ...audit,
    }
    await app.register(dashboardRoutes(dashboard))
  }
  let url = ''
  const reopen = (): void => trail?.reopen()
  return {
    face,
    app,
    get url() {
      return url
    },
    serviceIds: [],
    async start() {
      await app.listen({ host: settings.api.host, port: settings.api.port })
      const { port } = app.server.address() as AddressInfo
      const host = settings.api.host.includes(':') ? `[${settings.api.host}]` : settings.api.host
      url = `${settings.api.tls.cert_file === '' ? 'http' : 'https'}://${host}:${port}`
      if (trail !== null && settings.audit.log_file !== '') process.on('SIGHUP', reopen)
      log.info({ host, port }, 'manila-api serves')
    },
    async stop() {
      leaving = true
      await sleep(settings.api.drain_s * 1000)
      // Requests that are under way get their answers; who has not sent the whole of one in its time gets none.
      const late = setTimeout(
        () => app.server.closeAllConnections(),
        settings.limits.request_timeout_s * 1000,
      )
      await app.close()
      clearTimeout(late)
      process.off('SIGHUP', reopen)
      await trail?.close()
      authentication.close()
    },
    unusable: async () => null,
  }
}

/** Whether those who say who somebody is can be asked, at each scrape. */
function readIdentity({ metrics, clock }: Core, verifier: TokenVerifier): void {
  metrics.collect('identity', () => {
    const { sources, caches } = verifier.state?.() ?? { sources: [], caches: [] }
    for (const { source, server, isReachable, answeredAt } of sources) {
      metrics.identityReachable.set({ source, server }, isReachable ? 1 : 0)
      if (answeredAt === null) continue
      metrics.identityAnswerAge.set({ source, server }, Math.max(0, (clock.now() - answeredAt) / 1_000_000))
    }
    for (const { cache, size, hits, misses } of caches) {
      metrics.identityCacheEntries.set({ cache }, size)
      metrics.identityLookups(cache, 'hit', hits)
      metrics.identityLookups(cache, 'miss', misses)
    }
    return Promise.resolve()
  })
}

/** Null where nothing is to be written down. */
function auditTrail({ settings, store, clock, log, metrics }: Core): AuditTrail | null {
  const { enabled, log_file: file, queue, retention_s: keptS } = settings.audit
  if (!enabled) return null
  const changed = (isOk: boolean, reason: string): void => {
    if (isOk) log.info({ file }, 'audit events are appended again')
    else log.warn({ file, reason }, 'audit events can not be appended; the database has them')
  }
  const stream = file === '' ? null : new AuditStream(file, () => clock.now(), changed)
  const counted = metrics.audit
  const trail = new AuditTrail({ store, clock, log, stream, queue, keptUs: keptS * 1_000_000, counted })
  metrics.collect('audit', () => {
    for (const [sink, { state, waiting, dropped }] of Object.entries(trail.state)) {
      if (state === 'off') continue
      metrics.auditSinkFailing.set({ sink }, state === 'ok' ? 0 : 1)
      metrics.auditWaiting.set({ sink }, waiting)
      metrics.auditDropped.set({ sink }, dropped)
    }
    return Promise.resolve()
  })
  return trail
}
