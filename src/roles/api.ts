/** manila-api: REST, the Keystone v3 calls and health on one port. */
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { proxyTrust } from '../api/addresses.ts'
import { identityRoutes } from '../api/identity/plugin.ts'
import { routes } from '../api/routes.ts'
import { buildServer } from '../api/server.ts'
import { healthRoute } from '../api/status/health.ts'
import { metricsRoute } from '../api/status/metrics.ts'
import type { AppParts } from '../app/context.ts'
import type { IdentityFace } from '../auth/identity-face.ts'
import { openAuthentication } from '../auth/open.ts'
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
  })
  const { verifier, face } = await whenThere(log, () => openAuthentication(settings, core))
  const parts: AppParts = { store, clock, bus, policy, settings }
  const app = buildServer({ ...parts, auth: verifier, routes, log, observe: metrics.request })
  let leaving = false
  // Who kept a connection opens the next one to another API.
  app.addHook('onSend', async (_request, reply) => {
    if (leaving) reply.header('connection', 'close')
  })
  healthRoute(app, { ...parts, auth: verifier, leaving: () => leaving })
  if (settings.metrics.on_api_port) metricsRoute(app, metrics)
  const { public_url: publicUrl, trust_proxy: trusted } = settings.api
  const statementsMs = settings.limits.request_ms
  if (face !== null) {
    const identity = { auth: face, policy, clock, publicUrl, trust: proxyTrust(trusted), statementsMs }
    await app.register(identityRoutes(identity), { prefix: '/identity' })
  }
  let url = ''
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
      url = `http://${host}:${port}`
      log.info({ host, port }, 'manila-api serves')
    },
    async stop() {
      leaving = true
      await sleep(settings.api.drain_s * 1000)
      // Requests that are under way get their answers.
      await app.close()
    },
    unusable: async () => null,
  }
}
