/**
 * The two daemons of one backend: a private D-Bus and NFS-Ganesha. They put themselves into sessions of their own and
 * outlive this process; each start looks for them first (process id from their pid files, proved by start time and command
 * line, because ids are used again) and starts only what is dead. Clients notice nothing of a manager that restarts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hostLacks, isAbsent } from '../../drivers/commands.ts'
import { DriverError } from '../../drivers/driver.ts'
import { freePort } from '../../exec/free-port.ts'
import { busFile, lawsOf, mainFile } from './config-file.ts'
import { isWildcard, listeners } from './listening.ts'
import type { Commands } from '../../drivers/commands.ts'
import type { Parts } from '../../drivers/driver.ts'
import type { GaneshaOptions } from './options.ts'

const writeScript = fileURLToPath(new URL('../../drivers/write-file.sh', import.meta.url))
/** A Unix socket's path may have 107 bytes (unix(7)). */
const longestSocket = 107
/** A session of its own before it even forks: the end of a command takes everything that is left in its group along. */
const apart = ['setsid', '--wait', '--']
/** How long a daemon found running may take to answer before it counts as hung. */
const adoptMs = 10_000
const startMs = 15_000
const stopMs = 10_000

export interface Daemon {
  /** Starts what is dead, adopts what is alive. `includes` names the export files for a fresh Ganesha. */
  ensure(commands: Commands, includes: () => Promise<readonly string[]>): Promise<Running>
  /** Ends both; fine when they are dead. */
  end(commands: Commands): Promise<void>
  /** The port that is served; null before the first start. */
  port(): number | null
}

export interface Running {
  readonly pid: number
  readonly port: number
  /** For `dbus-send --bus=…`. */
  readonly bus: string
  /** True when this call started Ganesha. */
  readonly fresh: boolean
}

interface Process {
  readonly pid: number
  /** Clock ticks after boot, from /proc: a later process with the same id has another. */
  readonly startedAt: string
}

/** Where the daemons live and whom they serve. */
export interface Place {
  /** Holds their files. */
  readonly dir: string
  /** Every export is a file system of its own. A server that was started under other laws is replaced then. */
  readonly ownFileSystems: boolean
}

/** The daemons of one place. */
export function daemonIn(place: Place, options: GaneshaOptions, parts: Parts): Daemon {
  const { dir, ownFileSystems } = place
  const file = (name: string) => join(dir, name)
  const socket = Buffer.byteLength(file('bus')) <= longestSocket ? file('bus') : null
  let bus: Process | null = null
  let ganesha: Process | null = null
  let port: number | null = options.port === 0 ? null : options.port
  let starting: Promise<Running> | null = null

  async function ensure(commands: Commands, includes: () => Promise<readonly string[]>): Promise<Running> {
    if (socket === null)
      throw hostLacks(`the path ${file('bus')} is too long for a socket; choose a shorter directory`)
    if (isAlive(bus) && isAlive(ganesha) && port !== null)
      return { pid: ganesha.pid, port, bus: address(), fresh: false }
    // Two calls that find it dead must not start it twice.
    starting ??= startAlone(commands, socket, includes).finally(() => {
      starting = null
    })
    return starting
  }

  /** Another process of this host may find it dead in the same moment: the second one adopts what the first one started. */
  async function startAlone(
    commands: Commands,
    socketPath: string,
    includes: () => Promise<readonly string[]>,
  ): Promise<Running> {
    const release = await parts.lock?.(file('daemon.lock'), {
      waitMs: Math.max(1, commands.remainingMs()),
      signal: commands.call.signal,
    })
    try {
      return await start(commands, socketPath, includes)
    } finally {
      await release?.()
    }
  }

  async function start(
    commands: Commands,
    socketPath: string,
    includes: () => Promise<readonly string[]>,
  ): Promise<Running> {
    bus = await find(commands, 'bus.pid', file('bus.conf'))
    ganesha = await find(commands, 'ganesha.pid', file('ganesha.conf'))
    port = await rememberedPort(commands)
    const lawful = !ownFileSystems || (await hasLaws(commands))
    if (isAlive(ganesha) && !lawful)
      parts.log.warn(
        { pid: ganesha.pid },
        'NFS-Ganesha runs under the laws of an older version: restarting it',
      )
    if (
      isAlive(bus) &&
      isAlive(ganesha) &&
      lawful &&
      port !== null &&
      (await stillAnswers(commands, ganesha))
    ) {
      parts.log.info({ pid: ganesha.pid, port }, 'NFS-Ganesha is running, adopted')
      return { pid: ganesha.pid, port, bus: address(), fresh: false }
    }
    // A Ganesha that lost its bus can't be spoken to any more; it never looks for another.
    if (isAlive(ganesha)) await terminate(ganesha)
    for (const program of ['dbus-daemon', 'dbus-send', 'ganesha.nfsd'])
      await requireProgram(commands, program)
    if (!isAlive(bus)) bus = await startBus(commands, socketPath)
    const chosen = (port ??= await portOn(options.bind_address))
    ganesha = await startGanesha(commands, chosen, await includes())
    parts.log.info({ pid: ganesha.pid, port }, 'NFS-Ganesha started')
    return { pid: ganesha.pid, port: chosen, bus: address(), fresh: true }
  }

  /** Whether the file that the running Ganesha was started with follows today's laws. */
  async function hasLaws(commands: Commands): Promise<boolean> {
    const [first] = (await read(commands, file('ganesha.conf'))).split('\n', 1)
    return first === lawsOf(ownFileSystems)
  }

  async function startBus(commands: Commands, socketPath: string): Promise<Process> {
    await write(commands, file('bus.conf'), busFile(socketPath))
    await commands.change(['rm', '-f', '--', socketPath])
    // Not under the fence: a daemon would keep the lock for as long as it lives.
    const argv = [...apart, 'dbus-daemon', `--config-file=${file('bus.conf')}`, '--fork', '--print-pid=1']
    await write(commands, file('bus.pid'), (await commands.look(argv)).stdout)
    const started = await find(commands, 'bus.pid', file('bus.conf'))
    if (started === null)
      throw new DriverError('the private D-Bus ended at once', 'maybe-happened', { retryAfterS: 5 })
    return started
  }

  async function startGanesha(
    commands: Commands,
    chosen: number,
    includes: readonly string[],
  ): Promise<Process> {
    await commands.change(['mkdir', '-p', '-m', '0700', '--', file('recovery')])
    const facts = { address: options.bind_address, port: chosen, dir, ownFileSystems, includes }
    await write(commands, file('ganesha.conf'), mainFile(options, facts))
    const files = ['-f', file('ganesha.conf'), '-p', file('ganesha.pid'), '-L', file('ganesha.log')]
    // UUIDs come from the devices: a cache that outlives a boot knows other images under their names.
    // Its Ceph module is loaded by the first export that wants it, and then no longer reads the main file.
    const env: Record<string, string> = { DBUS_SYSTEM_BUS_ADDRESS: address(), BLKID_FILE: '/dev/null' }
    if (options.ceph_conf !== undefined) env['CEPH_CONF'] = options.ceph_conf
    await commands.look([...apart, 'ganesha.nfsd', ...files], { env })
    const end = performance.now() + Math.min(startMs, commands.remainingMs())
    while (performance.now() < end) {
      const started = await find(commands, 'ganesha.pid', file('ganesha.conf'))
      if (started !== null && (await answers(commands))) {
        await lookWhoIsServed(started, chosen)
        await write(commands, file('port'), `${chosen}\n`)
        return started
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const last = await commands.look(['tail', '-n', '3', '--', file('ganesha.log')], { okCodes: [0, 1] })
    throw new DriverError(
      `NFS-Ganesha did not come up on ${options.bind_address} port ${chosen}: ${last.stdout.trim()}`,
      'maybe-happened',
      { retryAfterS: 5 },
    )
  }

  /**
   * NFS-Ganesha 4.3 ignores `Bind_addr` on hosts without a global IPv6 address. Shares are then protected by their rules alone,
   * on addresses that nobody meant.
   */
  async function lookWhoIsServed(started: Process, chosen: number): Promise<void> {
    if (isWildcard(options.bind_address) || !listeners(started.pid, chosen).some(isWildcard)) return
    const what = `NFS-Ganesha listens on every address, port ${chosen}, although bind_address is ${options.bind_address}: it does so on hosts without a global IPv6 address`
    if (!options.require_bind_address) {
      parts.log.warn({ port: chosen }, `${what}; only access rules and a firewall keep others out`)
      return
    }
    await terminate(started)
    const remedy = 'give the host one, or set require_bind_address = false and close the port in a firewall'
    throw new DriverError(`${what}; ${remedy}`, 'nothing-happened', { reason: 'host-lacks' })
  }

  /** A process that was just killed is still listed for a moment: adopting it would leave nobody serving. */
  async function stillAnswers(commands: Commands, daemon: Process): Promise<boolean> {
    const end = performance.now() + Math.min(adoptMs, commands.remainingMs() / 2)
    while (performance.now() < end && isAlive(daemon)) {
      if (await answers(commands)) return isAlive(daemon)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return false
  }

  async function answers(commands: Commands): Promise<boolean> {
    const argv = ['dbus-send', `--bus=${address()}`, '--print-reply=literal', '--reply-timeout=1000']
    const call = [
      '--dest=org.ganesha.nfsd',
      '/org/ganesha/nfsd/ExportMgr',
      'org.ganesha.nfsd.exportmgr.ShowExports',
    ]
    return (await commands.look([...argv, ...call], { okCodes: [0, 1] })).code === 0
  }

  /** The process whose id is in `pidFile`, when it is alive and runs on `configFile`. */
  async function find(commands: Commands, pidFile: string, configFile: string): Promise<Process | null> {
    // Ganesha writes over its file without cutting it: below a shorter id the end of a longer one stays, as after a reboot.
    const [first = ''] = (await read(commands, file(pidFile))).split('\n', 1)
    const pid = Number(first)
    if (!Number.isSafeInteger(pid) || pid < 2) return null
    const startedAt = startTime(pid)
    if (startedAt === null || !commandLine(pid).some((argument) => argument.endsWith(configFile))) return null
    return { pid, startedAt }
  }

  async function rememberedPort(commands: Commands): Promise<number | null> {
    if (options.port !== 0) return options.port
    const remembered = Number(await read(commands, file('port')))
    return Number.isInteger(remembered) && remembered > 0 ? remembered : null
  }

  function address(): string {
    return `unix:path=${file('bus')}`
  }

  return {
    ensure,
    port: () => port,
    async end(commands) {
      ganesha ??= await find(commands, 'ganesha.pid', file('ganesha.conf'))
      if (isAlive(ganesha)) await terminate(ganesha)
      bus ??= await find(commands, 'bus.pid', file('bus.conf'))
      if (isAlive(bus)) await terminate(bus)
      ganesha = null
      bus = null
    },
  }
}

/** Throws `host-lacks` for a program that isn't there: behind `setsid` it would only be a failure. */
async function requireProgram(commands: Commands, program: string): Promise<void> {
  await commands.look([program, program === 'ganesha.nfsd' ? '-v' : '--version'], { okCodes: [0, 1] })
}

async function write(commands: Commands, path: string, text: string): Promise<void> {
  await commands.change(['sh', writeScript, path], { input: text })
}

async function read(commands: Commands, path: string): Promise<string> {
  try {
    return (await commands.look(['cat', '--', path])).stdout
  } catch (error) {
    if (isAbsent(error)) return ''
    throw error
  }
}

/** Asks a process to end, insists after {@link stopMs}, and answers when it is gone. */
async function terminate(process_: Process): Promise<void> {
  const end = performance.now() + stopMs
  signal(process_, 'SIGTERM')
  while (isAlive(process_)) {
    if (performance.now() > end) signal(process_, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 50))
    if (performance.now() > end + 2000) {
      throw new DriverError(`process ${process_.pid} can't be ended`, 'maybe-happened', { retryAfterS: 5 })
    }
  }
}

function signal(process_: Process, name: NodeJS.Signals): void {
  if (!isAlive(process_)) return
  process.kill(process_.pid, name)
}

/** One that was killed is listed until its last thread is gone; by then it has no memory, so no command line either. */
function isAlive(process_: Process | null): process_ is Process {
  return (
    process_ !== null &&
    startTime(process_.pid) === process_.startedAt &&
    commandLine(process_.pid).length > 0
  )
}

/** Field 22 of /proc/PID/stat; null for a process that is gone or only waits to be collected. */
function startTime(pid: number): string | null {
  try {
    // The name in brackets may hold anything; the fields after the last bracket don't.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .filter((part) => part !== '')
  } catch {
    return []
  }
}

function portOn(host: string): Promise<number> {
  return freePort(host).catch((cause: Error) => {
    throw hostLacks(`can't listen on ${host}: ${cause.message}`, cause)
  })
}
