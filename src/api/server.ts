/**
 * The HTTP edge. It settles request id, identity, version and body, finds the route, runs the handler in one transaction
 * when it changes something, and turns faults into replies. It knows requests and replies; never SQL, drivers or queues.
 *
 * Fastify parses and serves; everything it would do by itself (coercion, defaults, 405, HEAD, its own error bodies) is
 * off, because the wire is Manila's.
 */
import { randomUUID } from 'node:crypto'
import type { Server as TlsServer } from 'node:https'
import fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Ctx } from '../app/context.ts'
import { fault, invalid } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import { Rate } from '../runtime/rate.ts'
import { withStatementBudget } from '../runtime/statement-budget.ts'
import { inSpan } from '../tracing/spans.ts'
import { flagsAt } from '../wire/changes.ts'
import type { Endpoint } from '../wire/endpoint.ts'
import { problemWith } from '../wire/validate.ts'
import { authenticateHeader, baseOf, plainAddress, proxyTrust, settleBases } from './addresses.ts'
import { isChange, noteCaller, noteRoute, provenAgain, refused, type Audit } from './audited.ts'
import { faultReply } from './faults.ts'
import { faultAnswer } from './identity/faults.ts'
import { idempotencyOf } from './idempotency.ts'
import { bodyOf, choose } from './choose-route.ts'
import { certifiedName } from './client-certificates.ts'
import { beginRequest, endRequest, watchConnections } from './connections.ts'
import { changing, outsideOfBudgets, readingContext, turnOf } from './contexts.ts'
import { allowOrigins } from './cors.ts'
import { countedFor, requestUse } from './database-use.ts'
import { takeSessions } from './dashboard/session-token.ts'
import type { Edge, ServerParts } from './edge.ts'
import { tagged } from './etags.ts'
import { EventFeed } from './events/feed.ts'
import { manyStreams, rememberedMs, sendFeed } from './events/send.ts'
import { EventTail } from './events/tail.ts'
import { Gate, longLists, Places, restsOfServer, restsOfThread } from './gate.ts'
import { JsonStream, JsonText } from './list-reply.ts'
import { readBodies } from './json-body.ts'
import { fromFastify, one, queryOf, stripProject, type RawRequest } from './raw-requests.ts'
import { streamOf } from './send-stream.ts'
import { proveTable, Reply, type Route, type UrlParts } from './route.ts'
import { refuseRepeated } from './repeated-headers.ts'
import { RequestRates } from './request-rates.ts'
import { routePath } from './route-path.ts'
import { tlsOptions, watchCertificate } from './tls.ts'
import { experimentalHeader, negotiate, versionDocument, versionHeader } from './versioning.ts'

/** Requests of one project that may wait for other services at once. */
const patientPerProject = 16

/** What one request has settled so far. */
interface Settled {
  requestId: string
  minor: number | null
  experimental: boolean
  projectInUrl: string | null
  routeName: string
  startedAt: number
  /** When a stream began that lasts as long as its client likes; null elsewhere. */
  answeredAt: number | null
  /** Where those are sent who have no valid token. */
  identityUri: string
}

/** No route has a schema of Fastify's, so neither of these is ever asked. */
const compilersFactory = {
  buildValidator: () => (() => () => true) as never,
  buildSerializer: () => (() => JSON.stringify) as never,
}

/** Builds the server; the caller listens, and may register more (identity face, metrics, dashboard) before that. */
export function buildServer(parts: ServerParts): FastifyInstance {
  proveTable(parts.routes, (rule) => parts.policy.has(rule))
  const collections = new Set(parts.routes.map(({ endpoint }) => endpoint.path.split('/')[1] ?? ''))
  const projectId = new RegExp(`^(?:${parts.settings.api.project_id_regex})$`)
  const trust = proxyTrust(parts.settings.api.trust_proxy)
  const { limits } = parts.settings
  const tls = tlsOptions(parts.settings.api.tls)
  const patience = {
    connectionsCheckingInterval: Math.min(limits.head_timeout_s, limits.request_timeout_s) * 250,
  }
  const sendFault = faultSender(parts.audit)
  const app: FastifyInstance = fastify({
    loggerInstance: parts.log,
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    bodyLimit: parts.settings.api.max_body_bytes,
    trustProxy: trust,
    requestTimeout: limits.request_timeout_s * 1000,
    // Node looks every 30 s by itself, and a request could take that much longer.
    ...(tls === null
      ? { http: patience }
      : { https: { ...patience, ...tls, handshakeTimeout: limits.head_timeout_s * 1000 } }),
    keepAliveTimeout: 75_000,
    // Nothing is validated or serialized by Fastify: its compilers are not even loaded, which is a tenth of a start.
    schemaController: { compilersFactory },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024, caseSensitive: true },
    // A URL that can't be decoded never reaches a route.
    frameworkErrors: (error, request, reply) =>
      void sendFault(request, reply, fromFastify(error), request.id),
    genReqId: () => `req-${randomUUID()}`,
    rewriteUrl: (raw) => stripProject(raw as RawRequest, collections, projectId),
  })
  if (tls !== null) watchCertificate(app.server as unknown as TlsServer, parts.settings.api.tls, parts.log)
  readBodies(app)
  // A head comes in one piece; who needs longer holds a connection and means nothing else.
  app.server.headersTimeout = limits.head_timeout_s * 1000
  const edge: Edge = {
    ...parts,
    bus: outsideOfBudgets(parts.bus),
    // Statements on a file follow one another: a second request of a project would only come between those of others.
    gate: parts.store.dialect.singleProcess
      ? new Gate(1, { rests: restsOfThread })
      : new Gate(limits.requests_per_project, { rests: restsOfServer }),
    patient: new Gate(patientPerProject),
    streams: new Places({ each: limits.streams_per_project, all: limits.streams }, longLists),
    tail: new EventTail(parts),
    followers: new Places({ each: limits.event_streams_per_user, all: limits.event_streams }, manyStreams),
    closing: false,
    rates: new RequestRates(limits, () => parts.clock.now()),
    changes: new Rate(parts.settings.api.changes_per_minute, () => parts.clock.now()),
  }
  const connections = {
    writeTimeoutMs: limits.write_timeout_s * 1000,
    perAddress: limits.connections_per_address,
    isProxy: (address: string) => trust(address, 0),
  }
  watchConnections(app.server, connections, parts.log)
  // Streams last until somebody ends them, and a server closes when all its answers are sent.
  app.addHook('preClose', async () => {
    edge.closing = true
    edge.tail.wakeAll()
  })
  app.addHook('onClose', () => edge.tail.close())

  settleBases(app, parts.settings.api.public_url, trust)
  app.addHook('onRequest', async (request, reply) => {
    if (!beginRequest(request.raw.socket))
      request.log.info('too many requests sent ahead: the connection is ended')
    const settled: Settled = {
      requestId: request.id,
      minor: null,
      experimental: false,
      projectInUrl: (request.raw as RawRequest).manilaProject ?? null,
      routeName: 'unknown',
      startedAt: performance.now(),
      answeredAt: null,
      identityUri: parts.auth.authenticateUri ?? `${baseOf(request)}/identity`,
    }
    settledOf.set(request, settled)
    noteTemplate(request)
    reply.header('x-openstack-request-id', settled.requestId)
    reply.header('x-compute-request-id', settled.requestId)
    if (!isPrivate(request.url)) return
    // What one caller may see is nobody else's: no proxy keeps it, and none mixes callers up.
    reply.header('cache-control', 'no-store')
    reply.header('vary', varies)
  })
  app.addHook('onRequest', async (request) => refuseRepeated(request.raw.rawHeaders))
  allowOrigins(app, parts.settings.api.cors)
  app.addHook('onRequest', async (request, reply) => {
    if (!/^\/(?:v2|identity|dashboard\/session)/.test(request.url)) return
    const refusal = edge.rates.fromAddress(request.ip)
    if (refusal === null) return
    if (request.url.startsWith('/v2')) return sendFault(request, reply, refusal, request.id)
    const { status, headers, body } = faultAnswer(refusal, baseOf(request))
    refused(parts.audit, request, refusal, status)
    return reply
      .code(status)
      .headers(headers ?? {})
      .header('content-type', 'application/json')
      .send(JSON.stringify(body))
  })
  if (parts.sessions !== undefined) {
    const { public_url: publicUrl } = parts.settings.api
    takeSessions(app, parts.sessions, { publicUrl, trust, statementsMs: limits.request_ms })
  }
  app.addHook('onResponse', async (request, reply) => {
    endRequest(request.raw.socket)
    const settled = settledOf.get(request)
    if (settled === undefined) return
    const seconds = ((settled.answeredAt ?? performance.now()) - settled.startedAt) / 1000
    parts.observe?.({ method: request.method, route: settled.routeName, status: reply.statusCode, seconds })
    request.log.info(
      {
        request_id: settled.requestId,
        method: request.method,
        url: request.url,
        status: reply.statusCode,
        seconds,
        ...requestUse(request, settled.routeName),
      },
      'request',
    )
  })

  app.get('/', async (request, reply) => reply.code(300).send(versionDocument(baseOf(request))))
  app.route({
    method: ['GET'],
    url: '/v2',
    handler: (request, reply) =>
      answer(edge, request, reply, async (identity, settled) => {
        settled.minor = negotiate(one(request.headers[versionHeader]))
        void identity
        return new Reply(200, versionDocument(baseOf(request)))
      }),
  })
  for (const [key, group] of Map.groupBy(parts.routes, ({ endpoint: e }) => `${e.method} ${e.path}`)) {
    const [method, path] = key.split(' ') as [string, string]
    app.route({
      method,
      url: `/v2${path}`,
      handler: (request, reply) =>
        answer(edge, request, reply, (identity, settled) => serve(edge, group, request, identity, settled)),
    })
  }
  app.setNotFoundHandler((request, reply) =>
    answer(edge, request, reply, async (_identity, settled) => {
      settled.minor = negotiate(one(request.headers[versionHeader]))
      throw fault('NotFound')
    }),
  )
  app.setErrorHandler((error, request, reply) => {
    const settled = settledOf.get(request)
    sendFault(request, reply, fromFastify(error), settled?.requestId ?? request.id)
  })
  return app
}

// -------------------------------------------------------------------------------------------------------- a request

const settledOf = new WeakMap<FastifyRequest, Settled>()

const isPrivate = (url: string): boolean => url.startsWith('/v2')
const varies = 'X-OpenStack-Manila-API-Version, X-Auth-Token, Cookie'

/** Identity first, as the original's pipeline does; then `body`; then the reply and its headers. */
async function answer(
  parts: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  body: (identity: Identity, settled: Settled) => Promise<Reply>,
): Promise<FastifyReply> {
  const settled = settledOf.get(request) as Settled
  const parent = one(request.headers['traceparent']) ?? null
  const attributes = { 'manila.request_id': settled.requestId, 'http.request.method': request.method }
  return inSpan(request.method, { parent, attributes, kind: 'server' }, async (span) => {
    const sent = await countedFor(request, () => replied(parts, request, reply, settled, body))
    span.updateName(settled.routeName)
    span.setAttribute('http.response.status_code', reply.statusCode)
    return sent
  })
}

/** RFC 7234, 5.5: a code for what lasts, nobody in particular, a quoted text of plain characters. */
const warningText = (sentence: string): string =>
  `299 - "${sentence.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, "'")}"`

async function replied(
  parts: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  settled: Settled,
  body: (identity: Identity, settled: Settled) => Promise<Reply>,
): Promise<FastifyReply> {
  try {
    if (!request.url.startsWith('/v2')) throw fault('NotFound')
    const limitMs = parts.settings.limits.request_ms
    const identity = await withStatementBudget(limitMs, () => identify(parts, request))
    const refusal = parts.rates.ofProject(turnOf(identity))
    noteCaller(request, identity)
    if (parts.audit !== undefined) provenAgain(parts.audit, request, identity)
    if (refusal !== null) throw refusal
    if ((request.raw as RawRequest).manilaEmptyEnd === true) throw fault('NotFound')
    const answered = await withStatementBudget(limitMs, () => body(identity, settled))
    const { status, body: content, warnings } = answered
    if (content instanceof EventFeed) {
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const stream = await sendFeed(content, {
        ...parts,
        identity,
        lastEventId: one(request.headers['last-event-id']),
        identify: () => withStatementBudget(limitMs, () => identify(parts, request, rememberedMs)),
        inTurn: (work) => parts.gate.run(turnOf(identity), () => withStatementBudget(limitMs, work)),
        closing: () => parts.closing,
        gone: gone.signal,
        failed: (error) =>
          request.log.error({ request_id: settled.requestId, err: error }, 'a stream of events was cut'),
      })
      settled.answeredAt = performance.now()
      versionHeaders(reply, settled)
      // Proxies that gather an answer before they pass it on would make it useless.
      reply.header('x-accel-buffering', 'no')
      // Its connection ends with it: one that was kept would hold up a server that closes.
      reply.header('connection', 'close')
      return await reply.code(status).header('content-type', 'text/event-stream').send(stream)
    }
    if (content instanceof JsonStream) {
      const turn = turnOf(identity)
      const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
        countedFor(request, () => parts.gate.run(turn, () => withStatementBudget(limitMs, work)))
      const leave = parts.streams.take(turn)
      const failed = (error: unknown): void =>
        request.log.error({ request_id: settled.requestId, err: error }, 'a list was cut')
      const stream = streamOf(content, { read: inTurn, failed, ended: leave })
      versionHeaders(reply, settled)
      return await reply.code(status).header('content-type', 'application/json').send(stream)
    }
    versionHeaders(reply, settled)
    if (warnings.length > 0) reply.header('warning', warnings.map(warningText).join(', '))
    reply.code(status)
    if (content === undefined) return await reply.send()
    const text = content instanceof JsonText ? content.text : JSON.stringify(content)
    if (status === 200 && tagged(request, reply, text)) return await reply.code(304).send()
    return await reply.header('content-type', 'application/json').send(text)
  } catch (error) {
    versionHeaders(reply, settled, request)
    return faultSender(parts.audit)(request, reply, error, settled.requestId)
  }
}

/** The route as it is registered, for the audit trail; which action of it runs is known later. */
function noteTemplate(request: FastifyRequest): void {
  const template = request.routeOptions.url
  if (template === undefined) return
  const prefix = /^\/(?:v2|identity|dashboard)(?=\/|$)/.exec(template)?.[0] ?? ''
  noteRoute(request, { method: request.method, prefix, path: template.slice(prefix.length) })
}

async function identify(parts: Edge, request: FastifyRequest, maxAgeMs?: number): Promise<Identity> {
  const token = one(request.headers['x-auth-token'])
  if (token === undefined && parts.certificates !== undefined) {
    const name = certifiedName(request.raw.socket, Date.now())
    const identity = name === null ? null : await parts.certificates.identityOf(name)
    if (identity !== null) return identity
  }
  const { url: template } = request.routeOptions
  const path =
    template === undefined
      ? (request.url.split('?')[0] ?? '')
      : routePath(template, request.params as Record<string, string>)
  const identity =
    token === undefined
      ? null
      : await parts.auth.verify(token, {
          method: request.method,
          path,
          // Rules of application credentials may name the project, as URLs may.
          pathIn: (projectId) => path.replace(/^\/v2(?=\/|$)/, `/v2/${projectId}`),
          serviceToken: one(request.headers['x-service-token']) ?? null,
          ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
        })
  if (identity === null) throw fault('Unauthorized')
  return identity
}

/** Rows must not pile up faster than they can be worked off: operations, events, keys of repeated requests. */
function refuseHaste(parts: Edge, identity: Identity): void {
  if (parts.policy.check('context_is_admin', identity)) return
  const retryAfterS = parts.changes.take(identity.projectId)
  if (retryAfterS === 0) return
  throw fault('TooManyRequests', { message: 'Too many changes by this project in a minute.', retryAfterS })
}

/** It changes nothing. */
const asks = ({ method, asks: only }: Endpoint): boolean => method === 'GET' || only === true

async function serve(
  parts: Edge,
  group: readonly Route[],
  request: FastifyRequest,
  identity: Identity,
  settled: Settled,
): Promise<Reply> {
  const minor = negotiate(one(request.headers[versionHeader]))
  settled.minor = minor
  settled.experimental = one(request.headers[experimentalHeader])?.toLowerCase() === 'true'
  if (settled.projectInUrl !== null && settled.projectInUrl !== identity.projectId) {
    throw invalid('Malformed request url: the project in the URL is not the project of the token.')
  }
  const { route, rawBody } = choose(group, minor, settled.experimental, request.body)
  const { endpoint } = route
  settled.routeName = `${endpoint.method} ${endpoint.path}${endpoint.action === undefined ? '' : ` ${endpoint.action}`}`
  if (endpoint.action !== undefined || endpoint.asks === true)
    noteRoute(request, {
      asks: endpoint.asks,
      method: endpoint.method,
      prefix: '/v2',
      path: endpoint.path,
      action: endpoint.action,
    })
  if (endpoint.policy !== null) parts.policy.authorize(endpoint.policy, identity)
  if (!asks(endpoint)) refuseHaste(parts, identity)

  const query = queryOf(request, endpoint.repeated)
  if (endpoint.query !== undefined) {
    const problem = problemWith(endpoint.query, query, 'the query')
    if (problem !== null) throw invalid(problem)
  }
  const body = bodyOf(route, rawBody, minor)
  const flags = flagsAt(route.changes, minor)
  const url: UrlParts = {
    base: baseOf(request),
    projectPart: settled.projectInUrl === null ? '' : `/${settled.projectInUrl}`,
    path: (request.url.split('?')[0] ?? '').replace(/^\/v2/, ''),
    query,
  }
  const params = request.params as Record<string, string>
  for (const [name, value] of Object.entries(params)) {
    if (value.includes('\0') || !value.isWellFormed())
      throw invalid(`${name} in the URL must not contain NUL`)
  }
  const address = plainAddress(request.ip)
  const input = { params, query, body, url, address, experimental: settled.experimental } as never
  const respond = async (ctx: Ctx): Promise<Reply> => {
    const result = await route.handler(ctx, input)
    if (result instanceof Reply) return result
    return new Reply(endpoint.status, result ?? undefined)
  }
  const idempotency = asks(endpoint)
    ? null
    : idempotencyOf(request, identity, minor, url.path, parts.clock.now())
  const line = route.waits ? parts.patient : parts.gate
  return line.run(turnOf(identity), () =>
    asks(endpoint)
      ? respond(readingContext(parts, identity, settled.requestId, minor, flags))
      : changing(
          parts,
          { identity, requestId: settled.requestId, minor, flags },
          idempotency,
          respond,
          parts.audit === undefined || !isChange(request) ? null : { audit: parts.audit, request },
        ),
  )
}

function versionHeaders(reply: FastifyReply, settled: Settled, request?: FastifyRequest): void {
  // A refused version is echoed; a malformed one is not.
  const refused = one(request?.headers[versionHeader])
  const minor = settled.minor
  const version =
    minor !== null ? `2.${minor}` : refused !== undefined && /^[1-9]\d*\.\d+$/.test(refused) ? refused : null
  if (version === null) return
  reply.header('X-OpenStack-Manila-API-Version', version)
  if (settled.experimental) reply.header('X-OpenStack-Manila-API-Experimental', 'True')
}

/** What answers a refusal, and has it written down. */
const faultSender =
  (audit: Audit | undefined) =>
  (request: FastifyRequest, reply: FastifyReply, error: unknown, requestId: string): FastifyReply => {
    const { status, headers, body } = faultReply(error, requestId)
    if (status >= 500) request.log.error({ request_id: requestId, err: error }, 'the request failed')
    refused(audit, request, error, status)
    if (status === 401)
      reply.header('WWW-Authenticate', authenticateHeader(settledOf.get(request)?.identityUri ?? ''))
    return reply
      .code(status)
      .headers(headers)
      .header('content-type', 'application/json')
      .send(JSON.stringify(body))
  }
