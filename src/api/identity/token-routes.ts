/** Logging in, looking at tokens, logging out, and what the caller may be scoped to. */
import type { Static } from 'typebox'
import { notFound } from '../../auth/directory.ts'
import type { DomainRef as AuthDomainRef, UserRef as AuthUserRef } from '../../auth/login.ts'
import type { IssuedToken, ScopeRequest } from '../../auth/identity-face.ts'
import type { ValidToken } from '../../auth/validator.ts'
import { fault, invalid } from '../../model/errors.ts'
import { tokenCatalog } from './catalog.ts'
import { domainView, projectViews } from './views.ts'
import { collection, isAdmin, maxRows, type Answer, type Call, type IdentityRoute } from './route.ts'
import { AuthBody, type DomainRef, type UserRef } from './schemas.ts'
import { tokenView } from './token-view.ts'

type Auth = Static<typeof AuthBody>['auth']
type NamedInDomain = Static<typeof UserRef>

/** With its catalog, unless the query wants none. */
async function viewOf(call: Call, token: ValidToken): Promise<object> {
  if (call.query.nocatalog !== undefined) return tokenView(token)
  return tokenView(token, tokenCatalog(call, await call.parts.auth.catalog.recent(), token))
}

async function login(call: Call): Promise<Answer> {
  const issued = await issue(call, (call.body as { auth: Auth }).auth)
  return {
    status: 201,
    headers: { 'x-subject-token': issued.token },
    body: await viewOf(call, issued),
    loggedIn: issued.standing.identity,
  }
}

async function issue({ parts: { auth }, address }: Call, wanted: Auth): Promise<IssuedToken> {
  const { methods } = wanted.identity
  const [method] = methods
  // Several methods at once are for second factors, of which there are none.
  if (new Set(methods).size !== 1) throw fault('Unauthorized')
  const payload = (name: string): never => {
    throw invalid(`auth.identity.${name} must be given with the method ${name}`)
  }
  if (method === 'password') {
    const { user } = wanted.identity.password ?? payload('password')
    const ref = userOf(user, 'auth.identity.password.user')
    return auth.loginWithPassword({ user: ref, password: user.password, address, scope: scopeOf(wanted) })
  }
  if (method === 'token') {
    const { id } = wanted.identity.token ?? payload('token')
    return auth.exchange(id, scopeOf(wanted))
  }
  if (method === 'application_credential') {
    const given = wanted.identity.application_credential ?? payload('application_credential')
    // The credential's own project is the scope; asking for another is refused, as in Keystone.
    if (wanted.scope !== undefined) throw fault('Unauthorized')
    const where = 'auth.identity.application_credential'
    if (given.id === undefined && given.name === undefined) throw invalid(`${where} must have id or name`)
    if (given.id === undefined && given.user === undefined)
      throw invalid(`${where}.user must be given with name`)
    const ref =
      given.id === undefined
        ? { name: given.name ?? '', user: userOf(given.user ?? {}, `${where}.user`) }
        : { id: given.id }
    return auth.loginWithApplicationCredential({ ref, secret: given.secret, address })
  }
  throw fault('Unauthorized')
}

function userOf(user: NamedInDomain, where: string): AuthUserRef {
  if (user.id !== undefined) return { id: user.id }
  if (user.name === undefined) throw invalid(`${where} must have id or name`)
  if (user.domain === undefined) throw invalid(`${where}.domain must be given with name`)
  return { name: user.name, domain: domainOf(user.domain, `${where}.domain`) }
}

function domainOf(domain: Static<typeof DomainRef>, where: string): AuthDomainRef {
  if (domain.id !== undefined) return { id: domain.id }
  if (domain.name !== undefined) return { name: domain.name }
  throw invalid(`${where} must have id or name`)
}

function scopeOf({ scope }: Auth): ScopeRequest {
  if (scope === undefined) return 'default'
  if (scope === 'unscoped') return 'unscoped'
  const { project, domain, system, unscoped } = scope
  if ([project, domain, system, unscoped].filter((one) => one !== undefined).length !== 1) {
    throw invalid('auth.scope must have exactly one of project, domain, system and unscoped')
  }
  if (unscoped !== undefined) return 'unscoped'
  if (system !== undefined) return { system: 'all' }
  if (domain !== undefined) return { domain: domainOf(domain, 'auth.scope.domain') }
  const named = userOf(project ?? {}, 'auth.scope.project')
  return { project: named }
}

/** The token under test. The holder, administrators and, `forServices`, services may; others learn nothing. */
async function subject(
  call: Call,
  { allowExpired, forServices }: { readonly allowExpired: boolean; readonly forServices: boolean },
): Promise<ValidToken> {
  const { auth } = call.parts
  if (call.subject === null) throw invalid('the header X-Subject-Token must be given')
  const found = await auth.validate(call.subject, { allowExpired })
  const { identity } = call.token.standing
  const isOwn = found !== null && found.standing.user.id === identity.userId
  const isService = forServices && identity.scope === 'project' && identity.roles.includes('service')
  if (!isOwn && !isService && !isAdmin(call)) throw fault('Forbidden')
  if (found === null) throw fault('NotFound', { message: 'Could not find token.' })
  return found
}

async function show(call: Call): Promise<Answer> {
  const allowExpired = ['1', 'true'].includes(call.query.allow_expired?.toLowerCase() ?? '')
  const found = await subject(call, { allowExpired, forServices: true })
  return {
    status: 200,
    headers: { 'x-subject-token': call.subject ?? '' },
    body: await viewOf(call, found),
  }
}

async function revoke(call: Call): Promise<Answer> {
  // A service checks tokens that others hand it; ending them is not its business.
  await call.parts.auth.revoke(await subject(call, { allowExpired: false, forServices: false }))
  return { status: 204 }
}

/** Projects the user may be scoped to. An application credential stands for its own project only. */
export async function projectsOf(call: Call, userId: string, path: string): Promise<Answer> {
  if ((await call.parts.auth.directory.users.findUser({ id: userId })) === null)
    throw notFound('user', userId)
  const { standing } = call.token
  const bound =
    standing.applicationCredential !== null && standing.user.id === userId ? standing.project : null
  const ids = bound === null ? await call.parts.auth.roles.placesOf(userId, 'project') : [bound.id]
  const rows = await call.parts.auth.directory.listProjects({ ids, enabled: 1, limit: maxRows })
  return collection(call, 'projects', path, await projectViews(call, rows), maxRows)
}

export const tokenRoutes: readonly IdentityRoute[] = [
  { method: 'POST', path: '/v3/auth/tokens', access: 'open', body: AuthBody, handler: login },
  { method: 'GET', path: '/v3/auth/tokens', access: 'token', handler: show },
  { method: 'DELETE', path: '/v3/auth/tokens', access: 'token', handler: revoke },
  {
    method: 'GET',
    path: '/v3/auth/projects',
    access: 'token',
    handler: (call) => projectsOf(call, call.token.standing.user.id, '/auth/projects'),
  },
  {
    method: 'GET',
    path: '/v3/auth/domains',
    access: 'token',
    handler: async (call) => {
      const { directory, roles } = call.parts.auth
      const ids = await roles.placesOf(call.token.standing.user.id, 'domain')
      const rows = await directory.listDomains({ ids, enabled: 1, limit: maxRows })
      const views = rows.map((row) => domainView(call, row))
      return collection(call, 'domains', '/auth/domains', views, maxRows)
    },
  },
  {
    method: 'GET',
    path: '/v3/auth/system',
    access: 'token',
    handler: async (call) => {
      const { standing } = call.token
      // A credential stands for one project, whatever its owner may do elsewhere.
      const may =
        standing.applicationCredential === null && (await call.parts.auth.roles.onSystem(standing.user.id))
      const system = may ? [{ all: true }] : []
      return { status: 200, body: { system, links: { self: `${call.v3}/auth/system` } } }
    },
  },
]
