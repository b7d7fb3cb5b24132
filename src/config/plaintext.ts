/**
 * What would go over a network in clear. Passwords, rows and messages of every tenant are in it, so a server on another host is
 * spoken to over TLS; an operator whose network protects it otherwise says so.
 */
import { isIP, isIPv4 } from 'node:net'
import { sslModeOf } from '../model/ssl-mode.ts'

/** True for names and addresses that never leave the machine. */
export function isLoopback(host: string): boolean {
  const bare = host.replaceAll(/^\[|\]$/g, '').toLowerCase()
  if (isIPv4(bare)) return bare.startsWith('127.')
  if (isIP(bare) === 6) {
    // The URL parser spells out what is mapped: ::ffff:7f00:1.
    const canonical = new URL(`http://[${bare}]`).hostname
    return canonical === '[::1]' || /^\[::ffff:7f[0-9a-f]{2}:/.test(canonical)
  }
  return /^(.+\.)?localhost\.?$/.test(bare)
}

/** The host to which this database URL would speak in clear; null when to none. Of what is no URL somebody else complains. */
export function databaseInClear(url: string): string | null {
  if (url.startsWith('sqlite:') || !URL.canParse(url)) return null
  const { hostname, searchParams } = new URL(url)
  if (hostname === '' || searchParams.has('socket') || sslModeOf(searchParams) !== 'disable') return null
  return isLoopback(hostname) ? null : hostname
}

/** As {@link databaseInClear}, of a broker: `hosts` (`host:port`) stand in place of the one of the URL. */
export function brokerInClear(url: string, hosts: readonly string[]): string | null {
  if (!/^amqp:/i.test(url) || !URL.canParse(url)) return null
  const named = hosts.length > 0 ? hosts.map((host) => host.replace(/:\d+$/, '')) : [new URL(url).hostname]
  return named.find((host) => host !== '' && !isLoopback(host)) ?? null
}

/** As {@link databaseInClear}, of the servers of a directory. */
export const directoryInClear = (urls: readonly string[], startTls: boolean): string | null =>
  urls
    .filter((url) => !startTls && /^ldap:/i.test(url) && URL.canParse(url))
    .map((url) => new URL(url).hostname)
    .find((host) => !isLoopback(host)) ?? null

interface DirectorySettings {
  readonly urls: readonly string[]
  readonly start_tls: boolean
  readonly allow_plaintext: boolean
}

/** As {@link databaseInClear}, of a Keystone. */
export function keystoneInClear(url: string): string | null {
  if (!/^http:/i.test(url) || !URL.canParse(url)) return null
  const { hostname } = new URL(url)
  return isLoopback(hostname) ? null : hostname
}

interface Speaking {
  readonly database: { readonly url: string; readonly allow_plaintext: boolean }
  readonly auth: {
    readonly backend: string
    readonly keystone: { readonly auth_url: string; readonly allow_plaintext: boolean }
    readonly ldap: DirectorySettings
    readonly domains: Readonly<Record<string, { readonly ldap: DirectorySettings }>>
  }
  readonly bus: { readonly url: string; readonly hosts: readonly string[]; readonly allow_plaintext: boolean }
  readonly notifications: {
    readonly enabled: boolean
    readonly url: string
    readonly allow_plaintext: boolean
  }
}

/** A sentence about the first server that would be spoken to in clear, or null. */
export function plaintextProblem({ database, auth, bus, notifications }: Speaking): string | null {
  const told = notifications.enabled && notifications.url !== ''
  const all = [
    ['database', databaseInClear(database.url), database.allow_plaintext, secureDatabase],
    ['bus', brokerInClear(bus.url, bus.hosts), bus.allow_plaintext, secureBroker],
    [
      'notifications',
      told ? brokerInClear(notifications.url, []) : null,
      notifications.allow_plaintext,
      secureBroker,
    ],
    [
      'auth.keystone',
      auth.backend === 'keystone' ? keystoneInClear(auth.keystone.auth_url) : null,
      auth.keystone.allow_plaintext,
      secureKeystone,
      'auth_url',
    ],
  ] as const
  for (const [table, host, allowed, secure, option = 'url'] of all) {
    if (host !== null && !allowed) return sentence(`${table}.${option}`, host, secure, `[${table}]`)
  }
  const directories = [['auth.ldap', auth.ldap] as const, ...directoriesIn(auth)]
  for (const [table, { urls, start_tls: startTls, allow_plaintext: allowed }] of directories) {
    const host = directoryInClear(urls, startTls)
    if (host !== null && !allowed) return sentence(`${table}.urls`, host, secureDirectory, `[${table}]`)
  }
  return null
}

const directoriesIn = ({ domains }: Speaking['auth']) =>
  Object.entries(domains).map(([name, { ldap }]) => [`auth.domains.${name}.ldap`, ldap] as const)

const secureDirectory = 'ldaps:// or start_tls = true'
const secureDatabase = '?sslmode=verify-full&sslrootcert=<file> at its end'
const secureBroker = 'amqps://'
const secureKeystone = 'https://'

const sentence = (what: string, host: string, secure: string, table: string): string =>
  `${what} speaks in clear to ${host}, which is another host: passwords and what they protect could be read and changed on the way. Use ${secure}; ` +
  `or, if the network between them is protected otherwise, set allow_plaintext = true in ${table}`

/** The same for a URL that stands on a command line. */
export function typedUrlProblem(option: string, url: string): string | null {
  const host = databaseInClear(url)
  return host === null ? null : sentence(option, host, secureDatabase, '[database]')
}
