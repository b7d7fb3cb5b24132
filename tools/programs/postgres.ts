/** A private PostgreSQL server: own data directory, own socket, a free port of the loopback interface. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../src/exec/free-port.ts'
import { daemon, homeFor, runAs, writeOwned } from './daemon.ts'
import { databaseServer, type DatabaseServer, type ServerOptions } from './database-server.ts'
import type { Need } from './packages.ts'

const account = 'postgres'
const versions = '/usr/lib/postgresql'

/** Debian keeps its programs off the PATH, by version; the newest is taken. */
function programs(): string | null {
  try {
    const newest = readdirSync(versions)
      .filter((name) => /^\d+$/.test(name))
      .sort((a, b) => Number(b) - Number(a))[0]
    return newest === undefined ? null : join(versions, newest, 'bin')
  } catch {
    return null
  }
}

export const postgresNeed: Need = {
  program: join(programs() ?? join(versions, 'any'), 'initdb'),
  debianPackage: 'postgresql',
  why: 'as a private PostgreSQL server, the database of several nodes',
}

export const hasPostgres = (): boolean => programs() !== null

/** Makes and starts one; throws what it wrote to its log when it can't. About a second. */
export async function startPostgres(options: ServerOptions = {}): Promise<DatabaseServer> {
  const bin = programs()
  if (bin === null) throw new Error('PostgreSQL is not installed')
  const dir = homeFor(account, 'mpg-')
  const port = await freePort()
  const admin = { user: 'postgres', password: randomBytes(12).toString('hex') }
  const passwordFile = writeOwned(dir, 'password', admin.password)
  const data = join(dir, 'data')
  await runAs(account, [
    join(bin, 'initdb'),
    `--pgdata=${data}`,
    `--username=${admin.user}`,
    `--pwfile=${passwordFile}`,
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  ])
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: dir,
    max_connections: '200',
    shared_buffers: `${options.cacheMib ?? 64}MB`,
    log_checkpoints: 'off',
  }
  if (options.statistics === true) settings.shared_preload_libraries = 'pg_stat_statements'
  if (options.durable !== true) Object.assign(settings, { fsync: 'off', full_page_writes: 'off' })
  if (options.tls !== undefined) {
    for (const [setting, name, from] of [
      ['ssl_cert_file', 'server.crt', options.tls.cert],
      ['ssl_key_file', 'server.key', options.tls.key],
    ] as const) {
      const to = writeOwned(dir, name, readFileSync(from))
      settings[setting] = to
    }
    settings.ssl = 'on'
  }
  const server = daemon({
    name: 'PostgreSQL',
    account,
    command: [
      join(bin, 'postgres'),
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    logFile: join(dir, 'log'),
    // "Fast": open transactions are rolled back.
    endSignal: 'SIGINT',
    probe: [join(bin, 'pg_isready'), '-q', '-h', '127.0.0.1', '-p', String(port)],
  })
  await server.start()
  return databaseServer(server, { kind: 'postgres', dir, port, admin })
}
