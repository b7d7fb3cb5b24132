/**
 * The cookie that names a session, and when a request may use it. A browser sends cookies with whatever any page makes it ask, so the
 * cookie alone opens nothing: the request must carry a header that no page of another origin can set, and the browser's own word
 * that its page is one of ours.
 */
import type { FastifyRequest } from 'fastify'
import { isSessionId } from '../../auth/sealed-tokens.ts'
import { isLoopback } from '../../config/plaintext.ts'
import { isOverTls, type ProxyTrust } from '../addresses.ts'
import { one } from '../raw-requests.ts'

/** How it is known what the browser speaks to. */
export interface Seen {
  /** `[api] public_url`. */
  readonly publicUrl: string
  readonly trust: ProxyTrust
}

/** A cookie as this request's browser may keep it. */
export interface CookieKind {
  readonly name: string
  readonly isSecure: boolean
}

/**
 * Null where none may be set: over plain HTTP to anything but this machine. Without TLS neither `Secure` nor the prefix can be had, and
 * since cookies ignore ports, the port is in the name: another service of this machine would overwrite it.
 */
export function cookieKind(request: FastifyRequest, { publicUrl, trust }: Seen): CookieKind | null {
  if (isOverTls(request, publicUrl, trust)) return { name: '__Host-manila-session', isSecure: true }
  const host = one(request.headers.host) ?? ''
  if (!URL.canParse(`http://${host}`)) return null
  const { hostname, port } = new URL(`http://${host}`)
  // Both: a proxy on this machine that nobody named may stand before the whole world.
  if (!isLoopback(hostname) || !isLoopback(request.ip)) return null
  return { name: `manila-session-${port === '' ? '80' : port}`, isSecure: false }
}

/** Whether the browser says that one of our own pages asks. Silence is no. */
export const asksItself = ({ headers }: FastifyRequest): boolean =>
  headers['x-manila-dashboard'] === '1' && headers['sec-fetch-site'] === 'same-origin'

/** The id of the session that came along; null without one, and where two came: one of them is somebody else's. */
export function sessionIdIn(request: FastifyRequest, { name }: CookieKind): string | null {
  const values = (one(request.headers.cookie) ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  const [id] = values
  return values.length === 1 && id !== undefined && isSessionId(id) ? id : null
}

/** The session with which a request may be answered; null = as if there were no cookie. */
export function sessionIdOf(request: FastifyRequest, seen: Seen): string | null {
  if (request.headers.cookie === undefined || !asksItself(request)) return null
  const kind = cookieKind(request, seen)
  return kind === null ? null : sessionIdIn(request, kind)
}

/** `Set-Cookie`. It has no end of its own: the browser's end is one, and the session's another. */
export const setCookie = ({ name, isSecure }: CookieKind, id: string): string =>
  `${name}=${id}; Path=/;${isSecure ? ' Secure;' : ''} HttpOnly; SameSite=Strict`

export const clearCookie = (kind: CookieKind): string => `${setCookie(kind, '')}; Max-Age=0`
