/**
 * Where a database server is, read from its URL: `postgres://user:password@host:5432/manila?sslmode=verify-full&sslrootcert=/etc/ca.pem`,
 * `mariadb://…` alike. A unix socket is `?socket=/run/postgresql` (PostgreSQL: the directory; MariaDB: the socket file).
 */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, type ConnectionOptions } from 'node:tls'
import { sslModeOf } from '../../model/ssl-mode.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** Null when it is reached over TCP. */
  readonly socket: string | null
  readonly user: string
  readonly password: string
  readonly database: string
  /** False: in clear, which the configuration takes only for a socket or loopback, or where it was told to. */
  readonly tls: ConnectionOptions | false
}

/** How many connections a process keeps and how long it waits. */
export interface PoolLimits {
  /** Connections at most. */
  readonly max: number
  /** Milliseconds to get a connection before the database counts as unavailable. */
  readonly acquireTimeoutMs: number
  /** Milliseconds without an answer to one statement before its connection is given up. */
  readonly statementTimeoutMs: number
}

/** What a process uses unless its configuration says otherwise. */
export const defaultPoolLimits: PoolLimits = { max: 10, acquireTimeoutMs: 5000, statementTimeoutMs: 20_000 }

/**
 * Seconds a transaction may sit between two statements before the server ends it. A paused process would otherwise keep
 * its row locks for as long as it sleeps, and nobody could take its work over.
 */
export const idleInTransactionS = 3

/** Seconds a statement waits for somebody else's row lock; then the transaction is repeated. */
export const lockWaitS = 5

const parameters = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'socket']
const modes = ['disable', 'require', 'verify-ca', 'verify-full']

/** Throws a sentence that says what to change; it never repeats the URL, which holds a password. */
export function serverAddress(url: string, defaultPort: number): ServerAddress {
  if (!URL.canParse(url))
    throw new Error('the database url is no URL: postgres://user:password@host:port/name')
  const parsed = new URL(url)
  for (const name of parsed.searchParams.keys()) {
    if (!parameters.includes(name)) {
      throw new Error(`database url: unknown parameter ${name}; known are ${parameters.join(', ')}`)
    }
  }
  const database = decodeURIComponent(parsed.pathname.slice(1))
  if (database === '') throw new Error('database url: the name of the database is missing after the host')
  return {
    host: parsed.hostname === '' ? '127.0.0.1' : parsed.hostname.replaceAll(/^\[|\]$/g, ''),
    port: parsed.port === '' ? defaultPort : Number(parsed.port),
    socket: parsed.searchParams.get('socket'),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database,
    tls: tlsOf(parsed.searchParams, parsed.hostname),
  }
}

/** The certificate must name `host`; a name is also told to the server, an address may not be (RFC 6066). */
function identityOf(host: string): ConnectionOptions {
  const address = host.replaceAll(/^\[|\]$/g, '')
  return {
    ...(isIP(address) === 0 ? { servername: address } : {}),
    checkServerIdentity: (_name, certificate) => checkServerIdentity(address, certificate),
  }
}

function tlsOf(query: URLSearchParams, host: string): ConnectionOptions | false {
  const mode = sslModeOf(query)
  if (!modes.includes(mode)) throw new Error(`database url: sslmode is one of ${modes.join(', ')}`)
  if (mode === 'disable') return false
  const file = (name: string): string | undefined => {
    const path = query.get(name)
    return path === null ? undefined : readFileSync(path, 'utf8')
  }
  const [ca, cert, key] = [file('sslrootcert'), file('sslcert'), file('sslkey')]
  return {
    rejectUnauthorized: mode !== 'require',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // Of a CA that signs only databases the name may be anything.
    ...(mode === 'verify-full' ? identityOf(host) : { checkServerIdentity: () => undefined }),
  }
}
