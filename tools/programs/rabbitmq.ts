/**
 * A private RabbitMQ: own data, own ports on loopback, own port mapper, users and virtual hosts as asked for. It can be
 * killed, paused and started again on the same data. As root it runs as Debian's user `rabbitmq`, because Erlang's cookie
 * must belong to whoever runs it.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '../../src/exec/free-port.ts'
import { makeCertificates } from './certificates.ts'
import type { Need } from './packages.ts'

export const rabbitmqNeed: Need = {
  program: 'rabbitmq-server',
  debianPackage: 'rabbitmq-server',
  why: 'the message broker between several processes',
}

export interface BrokerUser {
  readonly name: string
  readonly vhost: string
  /** Regular expressions of the names it may declare, send to and receive from; everything by default. */
  readonly configure?: string
  readonly write?: string
  readonly read?: string
}

export interface RabbitMq {
  readonly dir: string
  readonly port: number
  /** 0 while it does not run. */
  readonly pid: number
  /** Null without TLS. */
  readonly tls: { readonly port: number; readonly caFile: string } | null
  /** Makes users with their virtual hosts; answers their passwords by name. */
  define(users: readonly BrokerUser[]): Promise<ReadonlyMap<string, string>>
  /** A fresh virtual host with one user who may do everything in it. */
  vhost(): Promise<{
    readonly url: string
    readonly name: string
    readonly user: string
    readonly password: string
  }>
  url(user: string, password: string, vhost: string): string
  /** `rabbitmqctl …`; takes a second or two. */
  ctl(...argv: readonly string[]): Promise<string>
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGSTOP and SIGCONT. */
  pause(): void
  resume(): void
  /** Starts it again on its data; nothing when it runs. */
  start(): Promise<void>
  /** Ends it and removes its data. */
  end(): Promise<void>
}

const program = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const ctlProgram = '/usr/lib/rabbitmq/bin/rabbitmqctl'
/** Milliseconds: it takes some 8 s on a quiet machine. */
const patienceMs = 90_000
const run = promisify(execFile)

/** Resolves when it accepts connections. With `tls` a second port serves TLS under a certificate of its own authority. */
export async function startRabbitMq(options: { readonly tls?: boolean } = {}): Promise<RabbitMq> {
  const dir = mkdtempSync(join(tmpdir(), 'rabbitmq-'))
  const [port, distPort, epmdPort, tlsPort] = await freePorts(4)
  const owner = await runAs()
  const node = `b${randomBytes(4).toString('hex')}@localhost`
  const configuration = [
    'log.file.level = warning',
    'loopback_users = none',
    'vm_memory_high_watermark.absolute = 1GB',
    'disk_free_limit.absolute = 50MB',
    `listeners.tcp.1 = 127.0.0.1:${port}`,
  ]
  for (const name of ['mnesia', 'log']) mkdirSync(join(dir, name))
  if (options.tls === true) {
    const { ca, cert, key } = await makeCertificates(dir)
    configuration.push(
      `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
      `ssl_options.cacertfile = ${ca}`,
      `ssl_options.certfile = ${cert}`,
      `ssl_options.keyfile = ${key}`,
      'ssl_options.verify = verify_none',
    )
  }
  writeFileSync(join(dir, 'rabbitmq.conf'), `${configuration.join('\n')}\n`)
  writeFileSync(join(dir, 'enabled_plugins'), '[].\n')
  const environment = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: dir,
    RABBITMQ_NODENAME: node,
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none',
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP: '/dev/null',
    // The script becomes the virtual machine instead of waiting beside it.
    RUNNING_UNDER_SYSTEMD: '1',
  }
  owner.give(dir)
  // Ours, so that it ends with us; the broker would leave one behind.
  const mapper = spawn(...owner.command('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1']), {
    cwd: dir,
    env: environment,
    stdio: 'ignore',
    // As the broker.
    detached: true,
  })
  await listening(epmdPort!, mapper, '')
  let server: ChildProcess | null = null
  const runs = (): boolean => server !== null && server.exitCode === null && server.signalCode === null
  const signal = (name: NodeJS.Signals): void => {
    if (server?.pid !== undefined && runs()) process.kill(-server.pid, name)
  }

  const broker: RabbitMq = {
    dir,
    port: port!,
    get pid() {
      return runs() ? (server?.pid ?? 0) : 0
    },
    tls: options.tls === true ? { port: tlsPort!, caFile: join(dir, 'ca.pem') } : null,
    async define(users) {
      const passwords = new Map(users.map(({ name }) => [name, randomBytes(9).toString('hex')]))
      const file = join(dir, `define-${randomBytes(4).toString('hex')}.json`)
      const definitions = {
        vhosts: [...new Set(users.map(({ vhost }) => vhost))].map((name) => ({ name })),
        users: users.map(({ name }) => ({ name, password: passwords.get(name), tags: '' })),
        permissions: users.map(({ name, vhost, configure = '.*', write = '.*', read = '.*' }) => ({
          user: name,
          vhost,
          configure,
          write,
          read,
        })),
      }
      writeFileSync(file, JSON.stringify(definitions))
      owner.give(dir)
      await broker.ctl('import_definitions', file)
      return passwords
    },
    async vhost() {
      const name = `v${randomBytes(4).toString('hex')}`
      const password = (await broker.define([{ name, vhost: name }])).get(name) ?? ''
      return { name, user: name, password, url: broker.url(name, password, name) }
    },
    url: (user, password, vhost) =>
      `amqp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(vhost)}`,
    async ctl(...argv) {
      const { stdout } = await run(...owner.command(ctlProgram, argv), {
        cwd: dir,
        env: environment,
        timeout: 60_000,
        maxBuffer: 16 * 1024 * 1024,
      })
      return stdout
    },
    async kill() {
      const ended = exit(server)
      signal('SIGKILL')
      await ended
      await closed(port!)
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async start() {
      if (runs()) return
      server = spawn(...owner.command(program, []), {
        cwd: dir,
        env: environment,
        stdio: 'ignore',
        // A group of its own: shell, virtual machine and helpers are stopped and killed together, and Ctrl-C is not for them.
        detached: true,
      })
      await listening(port!, server, dir)
    },
    async end() {
      signal('SIGCONT')
      await broker.kill()
      const ended = exit(mapper)
      mapper.kill('SIGKILL')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
  try {
    await broker.start()
  } catch (error) {
    await broker.end()
    throw error
  }
  return broker
}

/** As whom the broker runs, and how files are given to him. */
async function runAs(): Promise<{
  command(program: string, argv: readonly string[]): [string, string[]]
  give(dir: string): void
}> {
  if (process.getuid?.() !== 0) {
    return {
      command: (name, argv) => ['setpriv', ['--pdeathsig', 'KILL', '--', name, ...argv]],
      give: () => {},
    }
  }
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'rabbitmq'])).stdout)),
  )
  // A broker whose test was killed ends too.
  const as = ['--reuid=rabbitmq', '--regid=rabbitmq', '--clear-groups', '--pdeathsig', 'KILL', '--']
  return {
    command: (name, argv) => ['setpriv', [...as, name, ...argv]],
    give(dir) {
      chownSync(dir, uid!, gid!)
      chmodSync(dir, 0o755)
      for (const name of readdirSync(dir)) chownSync(join(dir, name), uid!, gid!)
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (open: boolean): void => {
      socket.destroy()
      resolve(open)
    }
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
  })
}

async function listening(port: number, child: ChildProcess, dir: string): Promise<void> {
  for (const until = performance.now() + patienceMs; performance.now() < until;) {
    if (await accepts(port)) return
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(
        `${child.spawnargs.join(' ')} ended (${child.signalCode ?? child.exitCode}) ${logTail(dir)}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${child.spawnargs.join(' ')} did not listen within ${patienceMs} ms ${logTail(dir)}`)
}

async function closed(port: number): Promise<void> {
  while (await accepts(port)) await new Promise((resolve) => setTimeout(resolve, 20))
}

function logTail(dir: string): string {
  if (dir === '') return ''
  const logs = readdirSync(join(dir, 'log')).map((name) => readFileSync(join(dir, 'log', name), 'utf8'))
  return logs.join('\n').slice(-2000)
}

function exit(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.on('exit', () => resolve()))
}
