/**
 * `GET /healthcheck`: 200 while this API and its database serve; 503 as well while the API is about to stop. A dead backend must not take the API out of a load
 * balancer, nor a dead broker, so those are only told about, and only to callers whom `health:detail` allows.
 */
import type { FastifyInstance } from 'fastify'
import type { AppParts } from '../../app/context.ts'
import type { AuditTrail } from '../../audit/trail.ts'
import type { TokenVerifier } from '../../auth/verifier.ts'
import type { Bus } from '../../bus/bus.ts'
import { backendHealth, ping } from '../../db/store/health.ts'
import { busTopic } from '../../engine/topics.ts'
import { Fault } from '../../model/errors.ts'
import type { Identity } from '../../model/identity.ts'
import { isoMicros } from '../../runtime/clock.ts'

export interface HealthParts extends AppParts {
  readonly auth: TokenVerifier
  /** True once the API has been told to stop: it still serves, and wants no new clients. */
  readonly leaving: () => boolean
  /** Null where nothing is written down. */
  readonly audit?: () => AuditTrail['state'] | null
}

export function healthRoute(app: FastifyInstance, parts: HealthParts): void {
  app.get('/healthcheck', async (request, reply) => {
    if (parts.leaving()) return reply.code(503).send({ status: 'leaving', reason: 'This API is stopping.' })
    try {
      await ping(parts.store.db)
    } catch (error) {
      request.log.error({ err: error }, 'healthcheck: the database does not answer')
      return reply.code(503).send({ status: 'failed', reason: 'The database does not answer.' })
    }
    const token = request.headers['x-auth-token']
    const identity = typeof token === 'string' ? await whoAsks(parts.auth, token) : null
    if (identity === null || !parts.policy.check('health:detail', identity)) return { status: 'ok' }
    const upSince = parts.clock.now() - parts.settings.shares.service_down_time_s * 1_000_000
    const rows = await backendHealth(parts.store.db)
    const answers = await Promise.all(rows.map(({ id }) => askBackend(parts.bus, id)))
    const backends = rows.map((row, index) => ({
      backend: row.label,
      state: row.health,
      reason: row.health_reason,
      service: row.stopped === 1 ? 'stopped' : row.heartbeat_at > upSince ? 'up' : 'down',
      disabled: row.disabled === 1,
      heartbeat_at: isoMicros(row.heartbeat_at),
      answers_in_ms: answers[index] ?? null,
      serves_shares: row.health === 'ready' && row.stopped === 0 && row.heartbeat_at > upSince,
    }))
    const { kind, state, since, reason } = parts.bus.state()
    const audit = parts.audit?.() ?? null
    const rules = parts.policy.state()
    return {
      status: 'ok',
      serves_shares: backends.some((backend) => backend.serves_shares),
      // Down, it costs seconds and no request: that is for people to see, not for a balancer to act on.
      bus: { kind, state, since: isoMicros(since), reason },
      identity: identityView(parts),
      audit: audit === null ? null : { rows: sinkView(audit.rows), stream: sinkView(audit.stream) },
      policy: {
        file: rules.file === '' ? null : rules.file,
        state: rules.broken === null ? 'in force' : 'broken',
        // The rules that were read then stay in force.
        loaded_at: isoMicros(rules.loadedAt),
        overrides: rules.overrides,
        reason: rules.broken?.reason ?? null,
        since: rules.broken === null ? null : isoMicros(rules.broken.since),
        unknown_rules: rules.warnings,
      },
      backends,
    }
  })
}

/** Who is asked who somebody is. Down, it costs those whose tokens are not known yet. */
function identityView({ auth, settings, clock }: HealthParts): object {
  const { sources, caches } = auth.state?.() ?? { sources: [], caches: [] }
  return {
    backend: settings.auth.backend,
    sources: sources.map(({ source, server, isReachable, reason, answeredAt }) => ({
      source,
      server,
      reachable: isReachable,
      breaker: isReachable ? 'closed' : 'open',
      reason,
      answered_at: answeredAt === null ? null : isoMicros(answeredAt),
      answer_age_s:
        answeredAt === null ? null : Math.max(0, Math.round((clock.now() - answeredAt) / 1_000_000)),
    })),
    caches,
  }
}

const sinkView = (sink: AuditTrail['state']['rows']): object => ({ ...sink, since: isoMicros(sink.since) })

/** Null also when that can't be known now: a Keystone that is away takes no API out of the balancer. */
async function whoAsks(auth: TokenVerifier, token: string): Promise<Identity | null> {
  try {
    return await auth.verify(token, { method: 'GET', path: '/healthcheck' })
  } catch (error) {
    if (error instanceof Fault && error.code === 'Unavailable') return null
    throw error
  }
}

/** Milliseconds a share manager gets to answer: it needs one. */
const pingDeadlineMs = 500

/** How long a question to who serves the backend takes over the bus, in milliseconds; null without an answer. */
async function askBackend(bus: Bus, id: string): Promise<number | null> {
  const began = performance.now()
  try {
    await bus.call(busTopic('share', id), 'ping', {}, { deadlineMs: pingDeadlineMs })
    return Math.round((performance.now() - began) * 10) / 10
  } catch {
    return null
  }
}
