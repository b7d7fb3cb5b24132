/**
 * Who asks and what we are called, as far as it may be believed. Anybody can send `Host` and `X-Forwarded-*`; links, the
 * catalog and `WWW-Authenticate` are read by others, perhaps out of a cache. So they are made of the configured URL, of what
 * a trusted proxy says, or of the address at which the connection arrived; never of `Host`.
 */
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { inNetworks } from '../model/networks.ts'

/** Whether the proxy at this address is believed; `hop` 0 is who holds the connection, 1 the one that proxy names, … */
export type ProxyTrust = (address: string | undefined, hop: number) => boolean

/** `[api] trust_proxy`: a number of proxies or their networks. */
export function proxyTrust(setting: boolean | number | readonly string[]): ProxyTrust {
  if (typeof setting === 'object') return inNetworks(setting)
  const hops = Number(setting)
  return (_address, hop) => hop < hops
}

/** `manila.example.org`, `192.0.2.7:8786`, `[2001:db8::1]:8786`. */
const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/** `http://host:port`, no slash at the end. */
export function baseUrl(request: FastifyRequest, publicUrl: string, trust: ProxyTrust): string {
  if (publicUrl !== '') return publicUrl.replace(/\/+$/, '')
  const { socket } = request.raw
  const isTrusted = trust(socket.remoteAddress, 0)
  const said = (header: string): string => (isTrusted ? lastOf(request.headers[header]) : '')
  const proto = said('x-forwarded-proto').toLowerCase()
  const host = said('x-forwarded-host')
  const own = (socket as { readonly encrypted?: boolean }).encrypted === true ? 'https' : 'http'
  const scheme = proto === 'https' || proto === 'http' ? proto : own
  return `${scheme}://${hostPattern.test(host) ? host : arrivedAt(socket)}`
}

const bases = new WeakMap<FastifyRequest, string>()

/** Settles for every request of `app`, once and first, what {@link baseOf} answers. */
export function settleBases(app: FastifyInstance, publicUrl: string, trust: ProxyTrust): void {
  app.addHook('onRequest', async (request) => void bases.set(request, baseUrl(request, publicUrl, trust)))
}

/** What links and the catalog begin with: {@link baseUrl}. Empty for a URL that was refused before anything was settled. */
export const baseOf = (request: FastifyRequest): string => bases.get(request) ?? ''

/** Whether what the client speaks is TLS: as a trusted proxy says, or else this connection, or else the configured URL. */
export function isOverTls(request: FastifyRequest, publicUrl: string, trust: ProxyTrust): boolean {
  const { socket } = request.raw
  const proto = trust(socket.remoteAddress, 0)
    ? lastOf(request.headers['x-forwarded-proto']).toLowerCase()
    : ''
  if (proto === 'https' || proto === 'http') return proto === 'https'
  return (socket as { readonly encrypted?: boolean }).encrypted === true || publicUrl.startsWith('https:')
}

/** The nearest proxy writes last. */
function lastOf(header: string | string[] | undefined): string {
  const text = Array.isArray(header) ? (header.at(-1) ?? '') : (header ?? '')
  return text.slice(text.lastIndexOf(',') + 1).trim()
}

function arrivedAt({
  localAddress,
  localPort,
}: {
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}): string {
  // A request that came through no socket, in tests, or one whose client is gone.
  if (localAddress === undefined || localPort === undefined) return 'localhost'
  const address = plainAddress(localAddress) ?? 'localhost'
  return `${address.includes(':') ? `[${address}]` : address}:${localPort}`
}

/** Without what the socket adds: IPv4 on one that takes both, the interface of a link-local address. Null for what is no address. */
export function plainAddress(address: string | undefined): string | null {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  return plain === undefined || isIP(plain) === 0 ? null : plain
}

/** `WWW-Authenticate` of a 401: where a token can be had. */
export const authenticateHeader = (uri: string): string =>
  `Keystone uri="${uri.replaceAll(/[^\x20-\x7e]/g, '').replaceAll(/["\\]/g, '\\$&')}"`
