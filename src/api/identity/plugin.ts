/**
 * The Keystone v3 face of the Auth Manager: what stock clients ask an identity service for, under a prefix of the API
 * (`/identity`). It knows requests and replies; accounts and tokens are the Auth Manager's, and who is an administrator
 * is policy's. It promises Keystone's shapes and that no input is answered with a 5xx. It brings its own error
 * replies, so that nothing of the server around it changes what a client sees.
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callAllowed } from '../../auth/manager.ts'
import type { ValidToken } from '../../auth/validator.ts'
import { fault, invalid } from '../../model/errors.ts'
import { withStatementBudget } from '../../runtime/statement-budget.ts'
import { problemWith } from '../../wire/validate.ts'
import { assignmentRoutes } from './assignment-routes.ts'
import { catalogRoutes } from './catalog-routes.ts'
import { credentialRoutes } from './credential-routes.ts'
import { discoveryRoutes } from './discovery-routes.ts'
import { domainRoutes } from './domain-routes.ts'
import { baseOf } from '../addresses.ts'
import { countedFor } from '../database-use.ts'
import {
  changeOf,
  isChange,
  loggedIn,
  madeBy,
  noteCaller,
  noteRoute,
  outcomeOf,
  refused,
  type Audit,
} from '../audited.ts'
import { readBodies } from '../json-body.ts'
import { routePath } from '../route-path.ts'
import { answer, faultAnswer } from './faults.ts'
import { grantRoutes } from './grant-routes.ts'
import { projectRoutes } from './project-routes.ts'
import { roleRoutes } from './role-routes.ts'
import { isAdmin, type Answer, type Call, type IdentityParts, type IdentityRoute } from './route.ts'
import { tagRoutes } from './tag-routes.ts'
import { tokenRoutes } from './token-routes.ts'
import { userRoutes } from './user-routes.ts'

/** Largest body, bytes; the largest legitimate one is a credential with a hundred access rules. */
const maxBodyBytes = 65_536

const given: readonly IdentityRoute[] = [
  ...discoveryRoutes,
  ...tokenRoutes,
  ...domainRoutes,
  ...projectRoutes,
  ...tagRoutes,
  ...userRoutes,
  ...roleRoutes,
  ...grantRoutes,
  ...assignmentRoutes,
  ...credentialRoutes,
  ...catalogRoutes,
]

const keyOf = ({ method, path }: IdentityRoute): string => `${method} ${path}`
const keys = new Set(given.map(keyOf))

/** In Keystone, whatever can be got can be asked for without its body. */
const heads = given
  .filter((route) => route.method === 'GET')
  .map((route): IdentityRoute => ({
    ...route,
    method: 'HEAD',
    handler: async (call) => ({ ...(await route.handler(call)), body: undefined }) as Answer,
  }))
  .filter((route) => !keys.has(keyOf(route)))

export const routes: readonly IdentityRoute[] = [...given, ...heads]

/** `app.register(identityRoutes(parts), { prefix: '/identity' })`. */
export function identityRoutes(parts: IdentityParts): FastifyPluginAsync {
  return async (app) => {
    readBodies(app)
    for (const route of routes) {
      app.route({
        method: route.method,
        url: route.path,
        bodyLimit: maxBodyBytes,
        exposeHeadRoute: false,
        handler: (request, reply) => respond(parts, route, request, reply, app.prefix),
      })
    }
    app.setNotFoundHandler((request, reply) => send(reply, noRoute(request, app.prefix)))
    app.setErrorHandler((error, request, reply) => refuse(parts, error, request, reply))
  }
}

async function respond(
  parts: IdentityParts,
  route: IdentityRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  prefix: string,
): Promise<FastifyReply> {
  noteRoute(request, { method: route.method, prefix, path: route.path })
  try {
    const handled = async (): Promise<Answer> => {
      const call = await settle(parts, route, request, prefix)
      return audited(parts.audit, request, () => route.handler(call))
    }
    const limitMs = parts.statementsMs ?? usualStatementsMs
    return await send(reply, await countedFor(request, () => withStatementBudget(limitMs, handled)))
  } catch (error) {
    return refuse(parts, error, request, reply)
  }
}

/**
 * A change here is several transactions at times: that it was begun is written before, and how it ended after. Whatever dies in
 * between, there is none without its event.
 */
async function audited(
  audit: Audit | undefined,
  request: FastifyRequest,
  handle: () => Promise<Answer> | Answer,
): Promise<Answer> {
  if (audit === undefined) return handle()
  if (!isChange(request)) {
    const answer = await handle()
    if (answer.loggedIn !== undefined) loggedIn(audit, request, answer.loggedIn)
    return answer
  }
  const begun = await audit.trail.begin(changeOf(audit, request, { status: 0 }))
  try {
    const answer = await handle()
    const made = madeBy(request, answer.body)
    await audit.trail.end(begun, {
      outcome: outcomeOf(answer.status),
      reason: answer.status,
      ...(made === null ? {} : { targetType: made.type, targetId: made.id }),
    })
    return answer
  } catch (error) {
    // A refusal is counted where it is answered. Of what failed half way it stays written that it was begun.
    if (faultAnswer(error, '').status < 500) await audit.trail.forget(begun)
    throw error
  }
}

/** Who is asking first, then whether they may, then whether the request reads. */
async function settle(
  parts: IdentityParts,
  route: IdentityRoute,
  request: FastifyRequest,
  prefix: string,
): Promise<Call> {
  const base = baseOf(request)
  const token = route.access === 'open' ? null : await authenticate(parts, request, route.path)
  if (token !== null) noteCaller(request, token.standing.identity)
  const call: Call = {
    parts,
    get token(): ValidToken {
      if (token === null) throw new Error(`${route.path} is open and has no token`)
      return token
    },
    subject: one(request.headers['x-subject-token']),
    params: request.params as Record<string, string>,
    query: queryOf(request),
    body: request.body as never,
    address: request.ip,
    base,
    v3: `${base}${prefix}/v3`,
  }
  if (route.access === 'admin' && !isAdmin(call)) throw fault('Forbidden')
  // Whatever else is in an id's place names nothing.
  const isName = ([name, text]: [string, string]): boolean =>
    (name === 'tag' ? /^[^/,]{1,255}$/ : /^[\w.-]{1,64}$/).test(text)
  if (!Object.entries(call.params).every(isName)) throw fault('NotFound')
  check(route.query, call.query, 'the query')
  check(route.body, call.body, 'the body')
  return call
}

function check(schema: IdentityRoute['query'], value: unknown, root: string): void {
  const problem = schema === undefined ? null : problemWith(schema, value, root)
  if (problem !== null) throw invalid(problem)
}

async function authenticate(
  parts: IdentityParts,
  request: FastifyRequest,
  template: string,
): Promise<ValidToken> {
  const token = one(request.headers['x-auth-token'])
  // What a change here leaves behind (an account, a credential) outlives the cache window: look at once.
  const fresh = request.method !== 'GET' && request.method !== 'HEAD'
  const valid = token === null ? null : await parts.auth.validate(token, { fresh })
  if (valid === null) throw fault('Unauthorized')
  const path = routePath(template, request.params as Record<string, string>)
  const call = { method: request.method, path, service: 'identity' }
  if (!callAllowed(valid.standing, call)) throw fault('Unauthorized')
  return valid
}

/** As `[limits] request_ms` has it. */
const usualStatementsMs = 2000

// ---------------------------------------------------------------------------------------------------------- requests

const one = (header: string | string[] | undefined): string | null =>
  (Array.isArray(header) ? header[0] : header) ?? null

const pathOf = (url: string): string => url.split('?')[0] ?? ''

/** Of a repeated parameter the last one counts, as in Keystone. */
const queryOf = (request: FastifyRequest): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.query as Record<string, string | string[]>).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value.at(-1) ?? '') : value,
    ]),
  )

// ----------------------------------------------------------------------------------------------------------- replies

/** Tokens and secrets are in these replies: nothing in between keeps them. */
async function send(reply: FastifyReply, { status, headers, body }: Answer): Promise<FastifyReply> {
  reply.code(status).headers({ vary: 'X-Auth-Token, Cookie', 'cache-control': 'no-store', ...headers })
  if (body === undefined) return reply.send()
  return reply.header('content-type', 'application/json').send(JSON.stringify(body))
}

function refuse(
  parts: IdentityParts,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const refusal = faultAnswer(error, baseOf(request))
  refused(parts.audit, request, error, refusal.status)
  if (refusal.status === 500) request.log.error({ request_id: request.id, err: error }, 'the request failed')
  return send(reply, refusal)
}

/** 405 where the path exists with other methods, else 404. */
function noRoute(request: FastifyRequest, prefix: string): Answer {
  const path = pathOf(request.url).slice(prefix.length).replace(/\/+$/, '') || '/'
  const segments = path.split('/')
  const methods = routes
    .filter((route) => {
      const pattern = route.path.split('/')
      return (
        pattern.length === segments.length &&
        pattern.every((segment, i) => segment.startsWith(':') || segment === segments[i])
      )
    })
    .map(({ method }) => method)
  if (methods.length === 0) return answer(404, 'The resource could not be found.')
  return answer(405, 'The method is not allowed for the requested URL.', {
    allow: [...new Set(methods)].join(', '),
  })
}
