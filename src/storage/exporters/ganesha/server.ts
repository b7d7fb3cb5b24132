/**
 * One NFS-Ganesha and the exports it serves. It promises that the server runs when it should, that after a restart of the host
 * it begins only when everything that it served is mounted again, and that each death is counted. It refuses to know
 * how many servers a backend has.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hostLacks, isAbsent } from '../../host/commands.ts'
import { mounts } from '../../host/mountinfo.ts'
import { alone } from './alone.ts'
import { readCrashes, recordCrash, troubleOf, type Crash } from './crashes.ts'
import { daemonIn, type Place, type Running } from './daemon.ts'
import { exportsIn, type Exports } from './exports.ts'
import { peersIn } from './listening.ts'
import type { Commands } from '../../host/commands.ts'
import type { Parts } from '../../contract/driver.ts'
import type { GaneshaOptions } from './options.ts'

export interface Server {
  /** Folder of the project that it serves; empty when it serves them all. */
  readonly project: string
  readonly address: string
  readonly exports: Exports
  /** Null before the first start where the configuration leaves it open. */
  port(): number | null
  /** The first look of this process: adopts what runs, starts what is dead, or begins to wait for mounts. */
  begin(commands: Commands): Promise<void>
  /** Adopts or starts it. Null while it waits for mounts. */
  up(commands: Commands): Promise<Running | null>
  /** Stops waiting: starts with what is mounted when that is everything, or `anyway`. */
  settle(commands: Commands, options: { readonly anyway: boolean }): Promise<void>
  /** Ends it, for all processes of this host. */
  end(commands: Commands): Promise<void>
  /** True when there is something for {@link tend}. Looks into /proc only. */
  wants(): boolean
  /** Notes who is connected. */
  sample(): Promise<void>
  /** Starts it when it died, or when what it waited for is there. */
  tend(commands: Commands): Promise<void>
  trouble(): string | null
}

/** Milliseconds between two looks at a file system that is mounted, but is another one. */
const pauseMs = 3000

/** The server of `project` at `place`; nothing is touched yet. */
export function serverIn(project: string, place: Place, options: GaneshaOptions, parts: Parts): Server {
  const exports = exportsIn(place.dir, options)
  const daemon = daemonIn(place, options, parts)
  const crashFile = join(place.dir, 'crashes')
  const about = { backend: parts.backend, ...(project === '' ? {} : { project }) }
  let state: 'unknown' | 'waiting' | 'running' = 'unknown'
  let awaited: readonly string[] = []
  let deadline = 0
  let lookAfter = 0
  let peers: readonly string[] = []
  let crashes: readonly Crash[] = []
  let counted = 0

  async function up(commands: Commands): Promise<Running | null> {
    if (state === 'waiting') {
      // Another process may have waited less.
      if (await daemon.find(commands)) state = 'unknown'
      else await settle(commands, { anyway: false })
      if (state === 'waiting') return null
    }
    const died = state === 'running' && daemon.pid() === null
    const clients = died ? [...new Set([...peers, ...(await connected(true))])] : []
    const running = await daemon.ensure(commands, {
      files: async () => {
        const { files, unreadable } = await exports.judge(commands)
        if (unreadable.length > 0)
          parts.log.error(
            { ...about, unreadable },
            "NFS-Ganesha starts without exports whose files can't be read",
          )
        return files
      },
      mend: () => exports.mend(commands),
    })
    state = 'running'
    // Several calls may have found it dead, and all started the same one.
    const counts = died && running.fresh && counted !== running.pid
    if (counts) counted = running.pid
    if (counts) await noteCrash(commands, clients)
    else if (died) crashes = await readCrashes(commands, crashFile)
    if (running.fresh && !(await exports.guarded(commands, running))) await unguarded(commands)
    return running
  }

  async function noteCrash(commands: Commands, clients: readonly string[]): Promise<void> {
    parts.restarted?.()
    const crash = { atUs: parts.now(), peers: clients }
    // What can't be written down is no reason to serve nobody.
    crashes = await alone(parts, commands, `${crashFile}.lock`, () =>
      recordCrash(commands, crashFile, crash),
    ).catch((error: unknown) => {
      parts.log.error({ ...about, err: error }, 'a death of NFS-Ganesha was not recorded')
      return [...crashes, crash]
    })
    parts.log.error({ ...about, clients }, 'NFS-Ganesha died and was started again')
    const trouble = troubleOf(crashes, parts.now())
    if (trouble !== null) parts.log.error({ ...about, clients }, `NFS-Ganesha ${trouble}`)
  }

  /** Without the guard `..` leads clients out of their export. Where nothing else keeps them apart that is only told. */
  async function unguarded(commands: Commands): Promise<void> {
    const what = `NFS-Ganesha can't export a directory of ${place.dir}, which keeps clients out of the file system around their shares; keep the backend's directory on a file system that is mounted as a whole`
    if (!place.ownFileSystems) return parts.log.warn(about, what)
    state = 'unknown'
    await daemon.end(commands)
    throw hostLacks(what)
  }

  async function settle(commands: Commands, { anyway }: { readonly anyway: boolean }): Promise<void> {
    if (state !== 'waiting' || (!anyway && !allMounted())) return
    const { missing } = await exports.judge(commands)
    if (missing.length > 0 && !anyway) {
      lookAfter = performance.now() + pauseMs
      return
    }
    if (missing.length > 0)
      parts.log.error(
        { ...about, missing },
        'NFS-Ganesha starts without exports whose file systems are not mounted',
      )
    state = 'unknown'
    try {
      await up(commands)
    } catch (error) {
      // Nobody serves yet, so it is tried again.
      if (state === 'unknown') state = 'waiting'
      throw error
    }
  }

  function allMounted(): boolean {
    const there = new Set(mounts().map(({ path }) => path))
    return awaited.every((path) => there.has(path))
  }

  async function connected(closing: boolean): Promise<readonly string[]> {
    const port = daemon.port()
    if (port === null) return []
    const tables = await Promise.all(
      ['tcp', 'tcp6'].map((name) => readFile(`/proc/self/net/${name}`, 'utf8').catch(() => '')),
    )
    return tables.flatMap((table) => peersIn(table, port, { address: place.address, closing }))
  }

  /** Ended on purpose, or without anything left to serve: by another process of this host. */
  async function isUnwanted(commands: Commands): Promise<boolean> {
    if (await daemon.ended(commands)) return true
    try {
      return project !== '' && (await exports.files(commands)).length === 0
    } catch (error) {
      if (isAbsent(error)) return true
      throw error
    }
  }

  return {
    project,
    address: place.address,
    exports,
    port: () => daemon.port(),
    up,
    settle,

    async begin(commands) {
      if (state !== 'unknown') return void (await up(commands))
      await commands.change(['mkdir', '-p', '-m', '0700', '--', place.dir])
      await alone(parts, commands, join(place.dir, 'prepare.lock'), () => exports.prepare(commands))
      crashes = await readCrashes(commands, crashFile)
      if (place.ownFileSystems && !(await daemon.find(commands))) {
        const { missing } = await exports.judge(commands)
        if (missing.length > 0) {
          state = 'waiting'
          awaited = missing
          deadline = performance.now() + options.start_wait_s * 1000
          const waits = `NFS-Ganesha waits, at most ${options.start_wait_s} s, for ${missing.length} file systems to be mounted`
          return parts.log.info(about, waits)
        }
      }
      await up(commands)
    },

    async end(commands) {
      state = 'unknown'
      await daemon.end(commands)
    },

    wants() {
      const now = performance.now()
      if (state === 'waiting') return now > deadline || (now > lookAfter && allMounted())
      return state === 'running' && daemon.pid() === null
    },

    async sample() {
      // What was seen last before a death is what counts.
      if (state === 'running' && daemon.pid() !== null) peers = await connected(false)
    },

    async tend(commands) {
      if (state === 'waiting') return settle(commands, { anyway: performance.now() > deadline })
      if (state !== 'running' || daemon.pid() !== null) return
      if (await isUnwanted(commands)) state = 'unknown'
      else await up(commands)
    },

    trouble() {
      const trouble = troubleOf(crashes, parts.now())
      const whose = project === '' ? '' : ` of project ${project}`
      return trouble === null ? null : `NFS-Ganesha${whose} ${trouble}`
    },
  }
}
