/**
 * What both faces of the API write into the audit trail; no verb and no handler does. An event is made of what the edge has settled:
 * the caller, the route and its ids, the address. Bodies, queries and headers but the user agent are never looked at.
 */
import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { AuditTrail, NewEvent } from '../audit/trail.ts'
import { Fault } from '../model/errors.ts'
import {
  agentText,
  auditAction,
  auditMade,
  auditPath,
  auditTarget,
  blankAudit,
  type AuditAction,
  type AuditTarget,
} from '../model/audit.ts'
import type { Identity } from '../model/identity.ts'
import { refusalOf } from './faults.ts'

/** The trail of this process, and what it calls itself. */
export interface Audit {
  readonly trail: AuditTrail
  /** `manila-api@host` */
  readonly observer: string
}

/** A route as it is registered. */
interface Operation {
  /** `POST /v2/shares/:id/action extend` */
  readonly name: string
  readonly action: AuditAction
  readonly path: string
}

interface Noted {
  identity: Identity | null
  operation: Operation | null
}

const noted = new WeakMap<FastifyRequest, Noted>()

const notedOf = (request: FastifyRequest): Noted => {
  const known = noted.get(request) ?? { identity: null, operation: null }
  noted.set(request, known)
  return known
}

/** Who was found to be asking. */
export function noteCaller(request: FastifyRequest, identity: Identity): void {
  notedOf(request).identity = identity
}

/** What is asked for. `path` without `prefix`, as it is registered. */
export function noteRoute(
  request: FastifyRequest,
  route: {
    readonly method: string
    readonly prefix: string
    readonly path: string
    readonly action?: string | undefined
    /** It changes nothing, whatever its method. */
    readonly asks?: boolean | undefined
  },
): void {
  const { method, prefix, path, action, asks } = route
  const isLogin =
    (prefix === '/identity' && method === 'POST' && path === '/v3/auth/tokens') ||
    // A change of project is another token, as one is got for it there.
    (prefix === '/dashboard' && (method === 'POST' || method === 'PUT') && path === '/session')
  notedOf(request).operation = {
    name: `${method} ${prefix}${path}${action === undefined ? '' : ` ${action}`}`,
    action: isLogin ? 'authenticate' : asks === true ? 'read' : auditAction(method, action),
    path,
  }
}

/** Whether the route changes something. */
export const isChange = (request: FastifyRequest): boolean =>
  !['read', 'authenticate'].includes(notedOf(request).operation?.action ?? 'read')

/** The event of a change by whoever asks; `reply` says what was made. */
export function changeOf(
  { observer }: Audit,
  request: FastifyRequest,
  end: { readonly status: number; readonly reply?: unknown; readonly targetProjectId?: string },
): NewEvent {
  const { identity, operation } = notedOf(request)
  const path = operation?.path ?? ''
  const target = auditTarget(path, request.params as Record<string, string>)
  const made = madeBy(request, end.reply) ?? target
  return {
    ...blankAudit,
    ...callerOf(request, identity),
    action: operation?.action ?? auditAction(request.method),
    outcome: outcomeOf(end.status),
    reason: end.status,
    operation: operation?.name ?? request.method,
    targetType: made.type,
    targetId: made.id,
    targetPath: auditPath(path, request.params as Record<string, string>),
    targetProjectId: end.targetProjectId ?? identity?.projectId ?? '',
    observer,
  }
}

/** 202: it goes on as an operation that has the request's id. */
export const outcomeOf = (status: number): NewEvent['outcome'] =>
  status === 202 ? 'pending' : status < 400 ? 'success' : 'failure'

/** What a request has made, if it was one that makes. */
export function madeBy(request: FastifyRequest, reply: unknown): AuditTarget | null {
  const { operation } = notedOf(request)
  return operation?.action === 'create' ? auditMade(operation.path, reply) : null
}

/** A login that was right. The account is the target, too: it is what was proven. */
export function loggedIn({ trail, observer }: Audit, request: FastifyRequest, identity: Identity): void {
  trail.note({
    ...blankAudit,
    ...callerOf(request, identity),
    action: 'authenticate',
    outcome: 'success',
    reason: 201,
    operation: notedOf(request).operation?.name ?? '',
    targetType: 'user',
    targetId: identity.userId,
    // What came along, if anything, was not this token.
    tokenHash: '',
    observer,
  })
}

/** Whoever proves who he is with each request anew is counted, not listed. */
export function provenAgain({ trail, observer }: Audit, request: FastifyRequest, identity: Identity): void {
  const { method = '' } = identity
  if (method !== 'certificate' && !method.startsWith('keystone')) return
  trail.count({
    ...blankAudit,
    ...callerOf(request, identity),
    action: 'authenticate',
    outcome: 'success',
    reason: 200,
    operation: method,
    targetType: 'user',
    targetId: identity.userId,
    observer,
  })
}

/** Refused: every change and every login, and of the rest who was not let in or may not. */
export function refused(
  audit: Audit | undefined,
  request: FastifyRequest,
  thrown: unknown,
  status: number,
): void {
  if (audit === undefined) return
  const { identity, operation } = notedOf(request)
  const action = operation?.action ?? auditAction(request.method)
  if (action === 'read' && status !== 401 && status !== 403) return
  const isLogin = action === 'authenticate' || status === 401
  const target = auditTarget(operation?.path ?? '', request.params as Record<string, string>)
  const event: NewEvent = {
    ...blankAudit,
    ...callerOf(request, identity),
    action: isLogin ? 'authenticate' : action,
    outcome: 'failure',
    reason: status,
    // Of what has no route only that is known: a URL may be anything.
    operation: operation?.name ?? request.method,
    targetType: isLogin ? 'user' : target.type,
    targetId: isLogin ? '' : target.id,
    observer: audit.observer,
  }
  const account = identity === null ? accountOf(thrown) : {}
  audit.trail.count({ ...event, ...account })
}

/**
 * Whose login it was: an account that there is by its id, a name that nobody has by a few letters of a hash:
 * people type passwords where names belong, and more of it could be tried on a list of those.
 */
function accountOf(thrown: unknown): Partial<NewEvent> {
  const error = refusalOf(thrown)
  const account = error instanceof Fault ? error.detail.account : undefined
  if (typeof account !== 'string') return {}
  const [kind, id] = [account.slice(0, 2), account.slice(2)]
  if (kind === 'u:') return { userId: id, targetId: id }
  if (kind === 'c:') return { userId: `credential:${id}`, credentialId: id }
  return { userId: `unknown:${id.slice(0, 4)}` }
}

function callerOf(request: FastifyRequest, identity: Identity | null): Partial<NewEvent> {
  const token = request.headers['x-auth-token']
  const agent = request.headers['user-agent']
  return {
    ...(identity === null
      ? {}
      : {
          userId: identity.userId,
          userName: identity.userName,
          userDomainId: identity.userDomainId,
          projectId: identity.projectId,
          method: identity.method ?? '',
          credentialId: identity.applicationCredentialId ?? '',
          tokenId: identity.auditId,
        }),
    tokenHash: identity !== null && typeof token === 'string' ? tokenHash(token) : '',
    requestId: request.id,
    address: request.ip,
    agent: agentText(agent ?? ''),
  }
}

/** The first 128 bits of its SHA-256. */
export const tokenHash = (token: string): string => hash('sha256', token, 'hex').slice(0, 32)
