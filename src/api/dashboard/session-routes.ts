/**
 * Logging in and out for the dashboard's pages. They are answered only to those pages, and none of them ever answers a token: what the
 * browser has is a cookie that its scripts can't read.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import type { ProjectRef } from '../../auth/login-desk.ts'
import type { Login, SessionView, Sessions } from '../../auth/sessions.ts'
import { fault, invalid } from '../../model/errors.ts'
import type { Policy } from '../../policy/enforce.ts'
import { withStatementBudget } from '../../runtime/statement-budget.ts'
import { problemWith } from '../../wire/validate.ts'
import { changeOf, loggedIn, noteCaller, refused, type Audit } from '../audited.ts'
import { faultAnswer } from '../identity/faults.ts'
import {
  asksItself,
  clearCookie,
  cookieKind,
  sessionIdIn,
  setCookie,
  type CookieKind,
  type Seen,
} from './cookie.ts'
import { sessionView } from './session-view.ts'

export interface SessionRouteParts extends Seen {
  readonly sessions: Sessions
  readonly policy: Policy
  readonly statementsMs: number
  readonly audit?: Audit
}

const path = '/dashboard/session'

const name = Type.String({ minLength: 1, maxLength: 255 })
const ById = Type.Object(
  { id: Type.String({ minLength: 1, maxLength: 64 }) },
  { additionalProperties: false },
)
const ByName = Type.Object({ name, domain: Type.Optional(name) }, { additionalProperties: false })
const Project = Type.Union([ById, ByName], { says: 'an object with id, or with name and domain' })

const PasswordLogin = Type.Object(
  {
    name,
    password: Type.String({ maxLength: 4096 }),
    domain: Type.Optional(name),
    project: Type.Optional(Project),
  },
  { additionalProperties: false },
)
const SecretLogin = Type.Object(
  {
    application_credential: Type.Object(
      { id: Type.String({ minLength: 1, maxLength: 64 }), secret: Type.String({ maxLength: 4096 }) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
const Switch = Type.Object({ project: ById }, { additionalProperties: false })

const maxBodyBytes = 16_384

/** What a handler is given: the browser is one of ours, and may hold a cookie of this kind. */
interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly kind: CookieKind
  /** The session that came along. */
  readonly id: string | null
}

/** `GET`, `POST`, `PUT` and `DELETE` of `/dashboard/session`. */
export function sessionRoutes(app: FastifyInstance, parts: SessionRouteParts): void {
  const handlers = { GET: show, POST: logIn, PUT: change, DELETE: logOut }
  for (const [method, handle] of Object.entries(handlers)) {
    app.route({
      method,
      url: path,
      bodyLimit: maxBodyBytes,
      handler: (request, reply) => respond(parts, request, reply, handle),
    })
  }
}

async function respond(
  parts: SessionRouteParts,
  request: FastifyRequest,
  reply: FastifyReply,
  handle: (parts: SessionRouteParts, asked: Asked) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  reply.headers({ 'cache-control': 'no-store', vary: 'Cookie', 'x-content-type-options': 'nosniff' })
  try {
    const kind = cookieKind(request, parts)
    if (kind === null) throw inClear()
    if (!asksItself(request)) throw notOurPage()
    const asked = { request, reply, kind, id: sessionIdIn(request, kind) }
    return await withStatementBudget(parts.statementsMs, () => handle(parts, asked))
  } catch (error) {
    return refuse(parts.audit, error, request, reply)
  }
}

/** A refusal of a session route, in the shape of the identity face. */
export function refuse(
  audit: Audit | undefined,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status, headers = {}, body } = faultAnswer(error, '')
  // That somebody is not logged in yet is no attempt at anything.
  if (request.method !== 'GET') refused(audit, request, error, status)
  if (status === 500) request.log.error({ request_id: request.id, err: error }, 'the request failed')
  const { 'www-authenticate': _where, ...rest } = headers
  return reply
    .code(status)
    .headers(rest)
    .header('content-type', 'application/json')
    .send(JSON.stringify(body))
}

const inClear = (): Error =>
  fault('Refused', {
    message:
      'This page was reached over plain HTTP: the password would cross the network readable. Serve the API over TLS ([api.tls], or a proxy with TLS that [api] trust_proxy names), or come from this machine itself to http://127.0.0.1.',
  })

const notOurPage = (): Error =>
  fault('Refused', {
    message:
      "Only the dashboard's own pages may ask this: the request lacks x-manila-dashboard: 1, or its browser did not say sec-fetch-site: same-origin.",
  })

const over = (): Error => fault('Unauthorized')

async function show(parts: SessionRouteParts, { reply, kind, id }: Asked): Promise<FastifyReply> {
  const session = id === null ? null : await parts.sessions.look(id)
  if (session !== null) return sessionReply(parts, reply, 200, session)
  // A name that means nothing any more need not be sent along.
  if (id !== null) reply.header('set-cookie', clearCookie(kind))
  throw over()
}

async function logIn(
  parts: SessionRouteParts,
  { request, reply, kind, id: before }: Asked,
): Promise<FastifyReply> {
  const login = loginOf(request.body)
  const { id, session } = await parts.sessions.begin(login, request.ip)
  noteCaller(request, session.identity)
  if (parts.audit !== undefined) loggedIn(parts.audit, request, session.identity)
  // One browser, one session: the other one could no longer be ended by anybody.
  if (before !== null) await parts.sessions.end(before)
  reply.header('set-cookie', setCookie(kind, id))
  return sessionReply(parts, reply, 201, session)
}

async function change(parts: SessionRouteParts, { request, reply, kind, id }: Asked): Promise<FastifyReply> {
  const { project } = checked(Switch, request.body)
  const before = id === null ? null : await parts.sessions.look(id)
  // Whoever is refused is known, too.
  if (before !== null) noteCaller(request, before.identity)
  const session = id === null || before === null ? null : await parts.sessions.enter(id, project)
  if (session === null) {
    reply.header('set-cookie', clearCookie(kind))
    throw over()
  }
  noteCaller(request, session.identity)
  if (parts.audit !== undefined) loggedIn(parts.audit, request, session.identity)
  return sessionReply(parts, reply, 200, session)
}

async function logOut({ sessions, audit }: SessionRouteParts, asked: Asked): Promise<FastifyReply> {
  const { request, reply, kind, id } = asked
  reply.header('set-cookie', clearCookie(kind))
  const session = id === null ? null : await sessions.look(id).catch(() => null)
  if (id === null) return reply.code(204).send()
  if (session !== null) noteCaller(request, session.identity)
  const begun =
    session === null || audit === undefined
      ? null
      : await audit.trail.begin(changeOf(audit, request, { status: 0 }))
  await sessions.end(id)
  if (begun !== null) await audit?.trail.end(begun, { outcome: 'success', reason: 204 })
  return reply.code(204).send()
}

function sessionReply(
  { policy }: SessionRouteParts,
  reply: FastifyReply,
  status: number,
  session: SessionView,
): FastifyReply {
  const view = sessionView(session, policy.check('context_is_admin', session.identity))
  return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(view))
}

function checked<S extends Type.TSchema>(schema: S, body: unknown): Static<S> {
  const problem = problemWith(schema, body, 'the body')
  if (problem !== null) throw invalid(problem)
  return body as Static<S>
}

function loginOf(body: unknown): Login {
  if (typeof body === 'object' && body !== null && 'application_credential' in body) {
    const { id, secret } = checked(SecretLogin, body).application_credential
    return { by: 'secret', id, secret }
  }
  const { name, password, domain = 'Default', project } = checked(PasswordLogin, body)
  const ref: ProjectRef | undefined =
    project === undefined || 'id' in project
      ? project
      : { name: project.name, domain: { name: project.domain ?? domain } }
  return { by: 'password', name, password, domain, ...(ref === undefined ? {} : { project: ref }) }
}
