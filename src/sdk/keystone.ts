/** Signs in at Keystone v3 and reads the token: password, token or application credential. */
import { ApiError, localError } from './api-error.ts'
import { exchange, type Wire } from './exchange.ts'
import type { CloudSettings } from './settings.ts'

export interface CatalogEntry {
  readonly type: string
  readonly name?: string
  readonly endpoints: readonly {
    readonly interface: string
    readonly region?: string | null
    readonly region_id?: string | null
    readonly url: string
  }[]
}

export interface Session {
  readonly token: string
  /** Milliseconds since 1970; null = not known. */
  readonly expiresAt: number | null
  readonly userId: string | null
  readonly projectId: string | null
  readonly catalog: readonly CatalogEntry[]
}

const request = 'POST /v3/auth/tokens'

/** `…/v3` of any spelling of Keystone's URL. Throws `badSettings` for version 2. */
export function identityUrl(authUrl: string): string {
  let url: URL
  try {
    url = new URL(authUrl)
  } catch {
    throw localError('badSettings', request, `The auth URL is not a URL: ${authUrl.slice(0, 200)}`)
  }
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  if (/\/v2(\.\d+)?$/.test(base)) {
    throw localError(
      'badSettings',
      request,
      'The auth URL names Keystone v2, which no longer exists: use /v3.',
    )
  }
  return /\/v3(\.\d+)?$/.test(base) ? base : `${base}/v3`
}

/** One request. Throws `unauthorized` when the credentials are refused, `badSettings` when some are missing. */
export async function signIn(wire: Wire, settings: CloudSettings, timeoutMs: number): Promise<Session> {
  const { authUrl } = settings
  if (authUrl === undefined) throw localError('badSettings', request, missing('an auth URL', 'OS_AUTH_URL'))
  const auth = { identity: identityOf(settings), ...scopeOf(settings) }
  try {
    const answer = await exchange(wire, {
      method: 'POST',
      url: `${identityUrl(authUrl)}/auth/tokens`,
      headers: {},
      body: { auth },
      timeoutMs,
    })
    return sessionOf(answer.headers.get('x-subject-token'), answer.body)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error
    throw new ApiError({
      status: 401,
      code: 'unauthorized',
      request,
      requestId: error.requestId,
      message: `${new URL(authUrl).origin} refused the credentials of ${whoIs(settings)}: ${error.message}`,
      cause: error,
    })
  }
}

function sessionOf(token: string | null, body: unknown): Session {
  const inner = (body as { token?: Record<string, unknown> } | null)?.token
  if (token === null || inner === undefined) {
    throw localError('badReply', request, 'The auth URL answered without a token: is it Keystone v3?')
  }
  const expiresAt = Date.parse(String(inner.expires_at))
  return {
    token,
    expiresAt: Number.isNaN(expiresAt) ? null : expiresAt,
    userId: idOf(inner.user),
    projectId: idOf(inner.project),
    catalog: Array.isArray(inner.catalog) ? (inner.catalog as CatalogEntry[]) : [],
  }
}

const idOf = (value: unknown): string | null => {
  const id = (value as { id?: unknown } | null | undefined)?.id
  return typeof id === 'string' ? id : null
}

/** Which way in: as named by `authType`, else by what is there. */
function methodOf(settings: CloudSettings): 'password' | 'token' | 'application_credential' {
  const named = settings.authType?.toLowerCase().replace(/^v3/, '')
  if (named === 'password' || named === 'token') return named
  if (named === 'applicationcredential') return 'application_credential'
  if (named !== undefined) {
    throw localError(
      'badSettings',
      request,
      `The auth type ${JSON.stringify(settings.authType)} is not supported: use password, token or v3applicationcredential.`,
    )
  }
  if (settings.applicationCredentialSecret !== undefined) return 'application_credential'
  return settings.token === undefined ? 'password' : 'token'
}

function identityOf(settings: CloudSettings): object {
  const method = methodOf(settings)
  if (method === 'token') {
    if (settings.token === undefined) throw localError('badSettings', request, missing('a token', 'OS_TOKEN'))
    return { methods: [method], token: { id: settings.token } }
  }
  if (method === 'application_credential') {
    const { applicationCredentialId: id, applicationCredentialName: name } = settings
    const secret = settings.applicationCredentialSecret
    if (secret === undefined || (id === undefined && name === undefined)) {
      throw localError(
        'badSettings',
        request,
        missing(
          'an application credential',
          'OS_APPLICATION_CREDENTIAL_ID and OS_APPLICATION_CREDENTIAL_SECRET',
        ),
      )
    }
    return {
      methods: [method],
      [method]: id === undefined ? { name, secret, user: userOf(settings) } : { id, secret },
    }
  }
  if (settings.password === undefined) {
    throw localError('badSettings', request, missing('a password', 'OS_PASSWORD'))
  }
  return { methods: [method], password: { user: { ...userOf(settings), password: settings.password } } }
}

function userOf(settings: CloudSettings): object {
  if (settings.userId !== undefined) return { id: settings.userId }
  if (settings.username === undefined) {
    throw localError('badSettings', request, missing('a user', 'OS_USERNAME'))
  }
  return {
    name: settings.username,
    domain: domainOf(settings.userDomainId, settings.userDomainName),
  }
}

/** Everybody's first domain has the id `default`, so that is what an unnamed one means. */
const domainOf = (id: string | undefined, name: string | undefined): object =>
  id !== undefined ? { id } : name !== undefined ? { name } : { id: 'default' }

function scopeOf(settings: CloudSettings): { scope?: object } {
  // The credential's own project; Keystone refuses any other.
  if (methodOf(settings) === 'application_credential') return {}
  if (settings.systemScope !== undefined) return { scope: { system: { all: true } } }
  if (settings.projectId !== undefined) return { scope: { project: { id: settings.projectId } } }
  if (settings.projectName !== undefined) {
    const domain = domainOf(settings.projectDomainId, settings.projectDomainName)
    return { scope: { project: { name: settings.projectName, domain } } }
  }
  if (settings.domainId !== undefined) return { scope: { domain: { id: settings.domainId } } }
  if (settings.domainName !== undefined) return { scope: { domain: { name: settings.domainName } } }
  return {}
}

const whoIs = (settings: CloudSettings): string =>
  settings.username ??
  settings.userId ??
  settings.applicationCredentialId ??
  settings.applicationCredentialName ??
  'the given token'

const missing = (what: string, variable: string): string =>
  `Signing in needs ${what}: set ${variable}, or name a cloud of clouds.yaml with OS_CLOUD or --os-cloud.`
