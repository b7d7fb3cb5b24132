/**
 * The two daemons of one backend: a private D-Bus and NFS-Ganesha. They put themselves into sessions of their own and
 * outlive this process; each start looks for them first (process id from their pid files, proved by start time and command
 * line, because ids are used again) and starts only what is dead. Clients notice nothing of a manager that restarts.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostLacks, isAbsent } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { freePort, isFree } from '../../../exec/free-port.ts'
import { alone } from './alone.ts'
import { busFile, lawsOf, mainFile } from './config-file.ts'
import { isWildcard, listeners } from './listening.ts'
import { isAlive, nothingLeftOf, processWith, terminate, type Process } from './process.ts'
import { writeFile } from '../../host/write-file.ts'
import type { Commands } from '../../host/commands.ts'
import type { Parts } from '../../contract/driver.ts'
import type { GaneshaOptions } from './options.ts'

/** A Unix socket's path may have 107 bytes (unix(7)). */
export const longestSocket = 107
/** A session of its own before it even forks: the end of a command takes everything that is left in its group along. */
const apart = ['setsid', '--wait', '--']
/** How long a daemon found running may take to answer before it counts as hung. */
const adoptMs = 10_000
const startMs = 15_000

export interface Daemon {
  /** Starts what is dead, adopts what is alive. */
  ensure(commands: Commands, includes: Includes): Promise<Running>
  /** Whether one is running, started by whatever process; starts none and doesn't ask it anything. */
  find(commands: Commands): Promise<boolean>
  /** Ends both; fine when they are dead. Nobody starts them before {@link ensure}. */
  end(commands: Commands): Promise<void>
  /** Whether the last thing done on this host was to end them on purpose. */
  ended(commands: Commands): Promise<boolean>
  /** The Ganesha that this process last saw; null when it saw none or it is dead. Looks into /proc only. */
  pid(): number | null
  /** The port that is served; null before the first start. */
  port(): number | null
}

/** The export files for a fresh Ganesha. */
export interface Includes {
  files(): Promise<readonly string[]>
  /** Looks for files that keep it from starting: one that it can't parse does. True when there was one and a second try may help. */
  mend(): Promise<boolean>
}

export interface Running {
  readonly pid: number
  readonly port: number
  /** For `dbus-send --bus=…`. */
  readonly bus: string
  /** True when this call started Ganesha. */
  readonly fresh: boolean
}

/** Where the daemons live and whom they serve. */
export interface Place {
  /** Holds their files. */
  readonly dir: string
  /** Every export is a file system of its own. */
  readonly ownFileSystems: boolean
  /** Served on this address. */
  readonly address: string
  /** Holds the port when the configuration leaves it open; places may share it. */
  readonly portFile: string
  /** A server that listens elsewhere too is ended. */
  readonly thereOnly: boolean
  /** A server that was started under other laws is replaced. */
  readonly strict: boolean
  /** The command line in front of Ganesha's own; may be empty. */
  readonly within: readonly string[]
}

/** The daemons of one place. */
export function daemonIn(place: Place, options: GaneshaOptions, parts: Parts): Daemon {
  const { dir, ownFileSystems, address: host } = place
  const laws = lawsOf(place)
  const file = (name: string) => join(dir, name)
  const socket = Buffer.byteLength(file('bus')) <= longestSocket ? file('bus') : null
  let bus: Process | null = null
  let ganesha: Process | null = null
  let port: number | null = options.port === 0 ? null : options.port
  let starting: Promise<Running> | null = null
  /** All programs were found. */
  let known = false

  async function ensure(commands: Commands, includes: Includes): Promise<Running> {
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
  async function startAlone(commands: Commands, socketPath: string, includes: Includes): Promise<Running> {
    return alone(parts, commands, file('daemon.lock'), () => start(commands, socketPath, includes))
  }

  async function start(commands: Commands, socketPath: string, includes: Includes): Promise<Running> {
    bus = await find(commands, 'bus.pid', file('bus.conf'))
    ganesha = await find(commands, 'ganesha.pid', file('ganesha.conf'))
    port = await rememberedPort(commands)
    const lawful = !place.strict || (await hasLaws(commands))
    if (isAlive(ganesha) && !lawful)
      parts.log.warn({ pid: ganesha.pid }, 'NFS-Ganesha was started with other settings: restarting it')
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
    for (const program of known ? [] : ['dbus-daemon', 'dbus-send', 'ganesha.nfsd'])
      await requireProgram(commands, program)
    known = true
    await commands.change(['rm', '-f', '--', file('ended')])
    if (!isAlive(bus)) bus = await startBus(commands, socketPath)
    const chosen = (port ??= await portOn(host))
    if (place.strict) await checkFree(host, chosen)
    ganesha = await startGanesha(commands, chosen, await includes.files()).catch(async (error: unknown) => {
      if (commands.remainingMs() === 0 || !(await includes.mend())) throw error
      parts.log.error({ err: error }, 'NFS-Ganesha did not start with the export files as they were')
      return startGanesha(commands, chosen, await includes.files())
    })
    parts.log.info({ pid: ganesha.pid, port }, 'NFS-Ganesha started')
    return { pid: ganesha.pid, port: chosen, bus: address(), fresh: true }
  }

  /** Whether the file that the running Ganesha was started with follows today's laws. */
  async function hasLaws(commands: Commands): Promise<boolean> {
    const [first] = (await read(commands, file('ganesha.conf'))).split('\n', 1)
    return first === laws
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
    // Ganesha ends at once while another one, dead or not, has the lock of the pid file.
    await nothingLeftOf(await pidIn(commands, 'ganesha.pid'))
    const facts = { address: host, port: chosen, dir, ownFileSystems, laws, includes }
    await write(commands, file('ganesha.conf'), mainFile(options, facts))
    const files = ['-f', file('ganesha.conf'), '-p', file('ganesha.pid'), '-L', file('ganesha.log')]
    // UUIDs come from the devices: a cache that outlives a boot knows other images under their names.
    // Its Ceph module is loaded by the first export that wants it, and then no longer reads the main file.
    const env: Record<string, string> = { DBUS_SYSTEM_BUS_ADDRESS: address(), BLKID_FILE: '/dev/null' }
    if (options.ceph_conf !== undefined) env['CEPH_CONF'] = options.ceph_conf
    await commands.look([...apart, ...place.within, 'ganesha.nfsd', ...files], { env })
    const end = performance.now() + Math.min(startMs, commands.remainingMs())
    let seen: Process | null = null
    while (performance.now() < end) {
      const started = await find(commands, 'ganesha.pid', file('ganesha.conf'))
      // A client may end it before it is quite there: whoever called starts it again, without a pause.
      if (started === null && seen !== null) break
      seen = started
      if (started !== null && (await answers(commands))) {
        await lookWhoIsServed(started, chosen)
        if (options.port === 0) await write(commands, place.portFile, `${chosen}\n`)
        return started
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const last = await commands.look(['tail', '-n', '3', '--', file('ganesha.log')], { okCodes: [0, 1] })
    throw new DriverError(
      `NFS-Ganesha did not come up on ${host} port ${chosen}: ${last.stdout.trim()}`,
      'maybe-happened',
      { retryAfterS: 5 },
    )
  }

  /**
   * NFS-Ganesha 4.3 ignores `Bind_addr` on hosts whose only IPv6 address is `::1` (getaddrinfo(3) with AI_ADDRCONFIG then answers it
   * an IPv4 address, which it reads as an empty IPv6 one). Shares are then protected by their rules alone, on addresses that nobody meant.
   */
  async function lookWhoIsServed(started: Process, chosen: number): Promise<void> {
    if (isWildcard(host) || !listeners(started.pid, chosen).some(isWildcard)) return
    const what = `NFS-Ganesha listens on every address, port ${chosen}, although it was told ${host}: it does so on hosts whose only IPv6 address is ::1`
    if (!place.thereOnly) {
      parts.log.warn({ port: chosen }, `${what}; only access rules and a firewall keep others out`)
      return
    }
    await terminate(started)
    const remedy = 'give the host any other, for example: ip -6 addr add fd00::1/128 dev lo'
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
    return processWith(await pidIn(commands, pidFile), configFile)
  }

  async function pidIn(commands: Commands, pidFile: string): Promise<number> {
    // Ganesha writes over its file without cutting it: below a shorter id the end of a longer one stays, as after a reboot.
    const [first = ''] = (await read(commands, file(pidFile))).split('\n', 1)
    return Number(first)
  }

  async function rememberedPort(commands: Commands): Promise<number | null> {
    if (options.port !== 0) return options.port
    const remembered = Number(await read(commands, place.portFile))
    return Number.isInteger(remembered) && remembered > 0 ? remembered : null
  }

  function address(): string {
    return `unix:path=${file('bus')}`
  }

  return {
    ensure,
    port: () => port,
    pid: () => (isAlive(ganesha) ? ganesha.pid : null),
    async find(commands) {
      ganesha = await find(commands, 'ganesha.pid', file('ganesha.conf'))
      return isAlive(ganesha)
    },
    async end(commands) {
      // Before it is dead: whoever watches it must not start it again.
      await write(commands, file('ended'), '')
      ganesha ??= await find(commands, 'ganesha.pid', file('ganesha.conf'))
      if (isAlive(ganesha)) await terminate(ganesha)
      bus ??= await find(commands, 'bus.pid', file('bus.conf'))
      if (isAlive(bus)) await terminate(bus)
      ganesha = null
      bus = null
    },
    async ended(commands) {
      return (await commands.look(['test', '-e', file('ended')], { okCodes: [0, 1] })).code === 0
    },
  }
}

/** Throws `host-lacks` for a program that isn't there: behind `setsid` it would only be a failure. */
async function requireProgram(commands: Commands, program: string): Promise<void> {
  await commands.look([program, program === 'ganesha.nfsd' ? '-v' : '--version'], { okCodes: [0, 1] })
}

async function write(commands: Commands, path: string, text: string): Promise<void> {
  await writeFile(commands, path, text)
}

async function read(commands: Commands, path: string): Promise<string> {
  try {
    return (await commands.look(['cat', '--', path])).stdout
  } catch (error) {
    if (isAbsent(error)) return ''
    throw error
  }
}

/** Milliseconds: of a server that was killed the last thread closes what all of them had open, and it may go after the first one. */
const leavingMs = 2000

/** It would end at once, with the reason somewhere in its log. */
async function checkFree(host: string, port: number): Promise<void> {
  for (const end = performance.now() + leavingMs; ;) {
    const free = await isFree(host, port).catch((cause: Error) => {
      throw hostLacks(`NFS can't be served on ${host}: ${cause.message}`, cause)
    })
    if (free) return
    if (performance.now() >= end)
      throw hostLacks(`NFS can't be served on ${host}: somebody else listens on port ${port}`)
    await sleep(50)
  }
}

function portOn(host: string): Promise<number> {
  return freePort(host).catch((cause: Error) => {
    throw hostLacks(`can't listen on ${host}: ${cause.message}`, cause)
  })
}
