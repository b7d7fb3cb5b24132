/**
 * Which server has which exports: one for everybody, or one a project. It promises that a project's server is there as long as
 * it has an export, on an address that is its own, and that all processes of the host find the same.
 */
import { isIP } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hash } from 'node:crypto'
import { hostLacks, isAbsent } from '../../host/commands.ts'
import { writeFile } from '../../host/write-file.ts'
import { DriverError, isDriverError } from '../../contract/driver.ts'
import { mounts } from '../../host/mountinfo.ts'
import { projectFolder } from '../../host/project-folder.ts'
import { alone as aloneOn } from './alone.ts'
import { addressesIn, type Addresses } from './addresses.ts'
import { idOf, isInstanceId, readable } from './exports.ts'
import { isWildcard } from './listening.ts'
import { serverIn, type Server } from './server.ts'
import type { Commands } from '../../host/commands.ts'
import type { Parts } from '../../contract/driver.ts'
import { longestSocket, type Place } from './daemon.ts'
import type { GaneshaOptions } from './options.ts'

export interface Servers {
  /** Finds what an earlier process left; brings up, adopts or lets wait. */
  begin(commands: Commands): Promise<void>
  /** Runs `work` with the server of the project, which is made if need be and goes again when it has no export afterwards. */
  lend<T>(commands: Commands, projectId: string, work: (server: Server) => Promise<T>): Promise<T>
  /** The server that has an export of `id`; null when none has. */
  find(commands: Commands, id: string): Promise<Server | null>
  /** As {@link lend}, for a server that was found. */
  within<T>(commands: Commands, server: Server, work: () => Promise<T>): Promise<T>
  /** Whether it is the server of that project. */
  serves(server: Server, projectId: string): boolean
  /** The only folder whose mounts the project's server sees; null when it sees what the host sees. */
  viewOf(projectId: string): string | null
  /** Of all exports. */
  ids(commands: Commands): Promise<Ids>
  /** Those that there are, whoever made them. */
  all(commands: Commands): Promise<readonly Server[]>
  /** Those that this process knows; asks nobody. */
  known(): readonly Server[]
  /** What is wrong beside what each server says of itself, as sentences. */
  troubles(): readonly string[]
  /** Looks for servers that another process of this host made or took down. */
  refresh(commands: Commands): Promise<void>
}

export interface Ids {
  readonly readable: readonly string[]
  /** Their files can't be read: the server leaves them out, and who still has them is published again. */
  readonly damaged: readonly string[]
}

/** One server for all, whose files lie in `dir` as they did before there were others. */
export function sharedServer(dir: string, options: GaneshaOptions, parts: Parts): Servers {
  const server = serverIn('', sharedPlace(dir, options, parts), options, parts)
  const looks = looksAtFiles()
  return {
    async begin(commands) {
      if (await isThere(commands, join(dir, 'projects'))) {
        const others = await projectServers(dir, options, parts).all(commands)
        for (const other of others) await other.end(commands)
        await commands.change(['rm', '-rf', '--', join(dir, 'projects'), join(dir, 'addresses')])
        if (others.length > 0) retired(parts, 'servers per project')
      }
      await server.begin(commands)
    },
    lend: (_commands, _projectId, work) => work(server),
    find: async (commands, id) =>
      isInstanceId(id) && (await server.exports.has(commands, id)) ? server : null,
    within: (_commands, _server, work) => work(),
    serves: () => true,
    viewOf: () => null,
    ids: async (commands) => looks.ids(commands, await server.exports.files(commands)),
    all: async () => [server],
    known: () => [server],
    troubles: looks.troubles,
    refresh: async () => undefined,
  }
}

/** What the last look at the export files of all servers found. */
function looksAtFiles() {
  let lost: readonly string[] = []
  return {
    async ids(commands: Commands, files: readonly string[]): Promise<Ids> {
      const records = await readable(commands, files)
      lost = files.filter((file) => !records.has(file)).map(idOf)
      return { readable: [...records.values()].map(({ id }) => id), damaged: lost }
    },
    troubles: (): readonly string[] =>
      lost.length === 0
        ? []
        : [
            `exports whose files can't be read are left out until they are written anew: ${lost.slice(0, 10).join(', ')}`,
          ],
  }
}

function sharedPlace(dir: string, options: GaneshaOptions, parts: Parts): Place {
  const ownFileSystems = parts.storage?.separates === 'file-system'
  return {
    dir,
    ownFileSystems,
    address: options.bind_address,
    portFile: join(dir, 'port'),
    thereOnly: options.require_bind_address,
    strict: ownFileSystems,
    within: [],
  }
}

/** The configuration changed. Shares are published again, by the check that follows; what was would serve them, too. */
function retired(parts: Parts, what: string): void {
  parts.log.warn(
    { backend: parts.backend },
    `the option servers changed: ${what} ended, and their exports move`,
  )
}

async function isThere(commands: Commands, path: string): Promise<boolean> {
  return (await commands.look(['test', '-e', path], { okCodes: [0, 1] })).code === 0
}

const confineScript = fileURLToPath(new URL('confine.sh', import.meta.url))
/** Servers that are brought up at once: each takes a processor for 0.2 s. */
const atOnce = 4
/** Longer names than a UUID's would make the path of the bus too long for a socket; where even those do, Keystone's ids still fit. */
const longestFolder = (dir: string): number => (busOver(dir, 36) <= 0 ? 36 : keystoneId)
const keystoneId = 32

/** Bytes that the socket of a project's server, whose name has `length`, has too many. */
const busOver = (dir: string, length: number): number =>
  Buffer.byteLength(join(dir, 'projects', '0'.repeat(length), 'bus')) - longestSocket

/** One server a project. Throws a sentence when the configuration can't have that. */
export function projectServers(dir: string, options: GaneshaOptions, parts: Parts): Servers {
  const projects = join(dir, 'projects')
  const addresses: Addresses = addressesIn(join(dir, 'addresses'), options.addresses, () => parts.now())
  const known = new Map<string, Server>()
  /** Projects whose server could not be brought up, and why. */
  const down = new Map<string, string>()
  const looks = looksAtFiles()
  const nameOf = (projectId: string): string => {
    const folder = projectFolder(projectId)
    if (folder.length <= longestFolder(dir)) return folder
    return hash('sha256', folder, 'hex').slice(0, 32)
  }

  /** Where the driver `image` mounts the project's trees. */
  const viewOf = (folder: string): string | null =>
    parts.storage?.separates === 'file-system' ? join(dir, '..', 'exports', folder) : null

  function server(project: string, folder: string, address: string): Server {
    const old = known.get(project)
    if (old?.address === address) return old
    const made = serverIn(project, placeOf(join(projects, project), folder, address), options, parts)
    known.set(project, made)
    return made
  }

  function placeOf(own: string, folder: string, address: string): Place {
    const ownFileSystems = parts.storage?.separates === 'file-system'
    const bytes = options.server_memory_mib * 1024 * 1024
    return {
      dir: own,
      ownFileSystems,
      address,
      // All on one port, so that a client needs to know but one.
      portFile: join(dir, 'port'),
      thereOnly: true,
      strict: true,
      within: [
        'unshare',
        '--mount',
        '--propagation',
        'slave',
        '--',
        'sh',
        confineScript,
        own,
        viewOf(folder) ?? '',
        'prlimit',
        `--data=${bytes}`,
        `--nofile=${files}`,
        '--core=0',
        '--',
      ],
    }
  }

  /** One at a time makes or takes down the server of a project, on the whole host. */
  const alone = <T>(commands: Commands, name: string, work: () => Promise<T>): Promise<T> =>
    aloneOn(parts, commands, join(dir, 'locks', name), work)

  /** Takes the server down when it has no export left, and gives its address back. */
  async function reap(commands: Commands, one: Server): Promise<void> {
    if ((await filesOf(commands, one)).length > 0) return
    await one.end(commands)
    known.delete(one.project)
    await commands.change(['rm', '-rf', '--one-file-system', '--', join(projects, one.project)])
    await alone(commands, 'addresses', () => addresses.release(commands, one.project))
    parts.log.info(
      { backend: parts.backend, project: one.project, address: one.address },
      'a project has no exports any more; its NFS server is gone',
    )
  }

  async function filesOf(commands: Commands, one: Server): Promise<readonly string[]> {
    try {
      return await one.exports.files(commands)
    } catch (error) {
      if (isAbsent(error)) return []
      throw error
    }
  }

  /** All projects that have an address, with what this process knows of them. */
  async function assigned(commands: Commands): Promise<readonly Server[]> {
    const all = await addresses.all(commands)
    for (const project of known.keys()) if (!all.has(project)) known.delete(project)
    return Promise.all(
      [...all].map(
        async ([project, address]) =>
          known.get(project) ?? server(project, await folderOf(commands, project), address),
      ),
    )
  }

  /** The folder of the project's mounts. */
  async function folderOf(commands: Commands, project: string): Promise<string> {
    const { stdout } = await commands.look(['cat', '--', join(projects, project, 'folder')], {
      okCodes: [0, 1],
    })
    return stdout.trim() || project
  }

  async function find(commands: Commands, id: string): Promise<Server | null> {
    if (!isInstanceId(id)) return null
    const argv = ['find', projects, '-mindepth', '3', '-maxdepth', '3', '-path', `*/exports.d/${id}.conf`]
    const { stdout } = await commands.look([...argv, '-printf', '%P\n'], { okCodes: [0, 1] })
    const [project = ''] = stdout.split('/', 1)
    if (project === '') return null
    return (await assigned(commands)).find((one) => one.project === project) ?? null
  }

  /** Adopts or starts the servers of these projects, or lets them wait; takes down what a killed process left half made. */
  async function bring(commands: Commands, all: readonly string[]): Promise<void> {
    const rest = [...all]
    const failures: unknown[] = []
    const next = async (): Promise<void> => {
      for (let project = rest.pop(); project !== undefined; project = rest.pop())
        await bringOne(commands, project).then(
          () => down.delete(project ?? ''),
          (error: unknown) => failures.push(noteDown(project ?? '', error)),
        )
    }
    await Promise.all(Array.from({ length: atOnce }, next))
    // One project's server is not worth the others'; when none comes up it is the host.
    if (failures.length > 0 && failures.length === all.length) throw failures[0]
  }

  /** It is tried again by the next {@link Servers.refresh}. */
  function noteDown(project: string, error: unknown): unknown {
    const why = error instanceof Error ? error.message : String(error)
    if (down.get(project) !== why)
      parts.log.error({ backend: parts.backend, project, err: error }, `a project has no NFS server: ${why}`)
    down.set(project, why)
    known.delete(project)
    return error
  }

  function bringOne(commands: Commands, project: string): Promise<void> {
    return alone(commands, project, async () => {
      const had = (await addresses.all(commands)).get(project)
      if (had === undefined) return
      const folder = await folderOf(commands, project)
      const left = server(project, folder, had)
      if ((await filesOf(commands, left)).length === 0) return reap(commands, left)
      const address = await alone(commands, 'addresses', () => addresses.take(commands, project))
      await server(project, folder, address).begin(commands)
    })
  }

  const within = <T>(commands: Commands, one: Server, work: () => Promise<T>): Promise<T> =>
    alone(commands, one.project, async () => {
      try {
        return await work()
      } finally {
        await reap(commands, one)
      }
    })

  return {
    find,
    within,
    viewOf: (projectId) => viewOf(projectFolder(projectId)),
    serves: (one, projectId) => one.project === nameOf(projectId),
    known: () => [...known.values()],
    troubles: () => [
      ...[...down].map(([project, why]) => `project ${project} has no NFS server: ${why}`),
      ...looks.troubles(),
    ],

    async begin(commands) {
      await commands.change(['mkdir', '-p', '-m', '0700', '--', projects, join(dir, 'locks')])
      await addresses.prepare(commands)
      if (await isThere(commands, join(dir, 'exports.d'))) {
        await serverIn('', sharedPlace(dir, options, parts), options, parts).end(commands)
        const files = ['exports.d', 'numbers', 'guard.conf'].map((name) => join(dir, name))
        await commands.change(['rm', '-rf', '--', ...files])
        retired(parts, 'the shared server')
      }
      await bring(commands, [...(await addresses.all(commands)).keys()])
    },

    async lend(commands, projectId, work) {
      if (projectId === '')
        throw new DriverError('an export needs to say whose it is', 'nothing-happened', {
          reason: 'unsupported',
        })
      const folder = projectFolder(projectId)
      const project = nameOf(projectId)
      return alone(commands, project, async () => {
        const address = await alone(commands, 'addresses', () => addresses.take(commands, project)).catch(
          (error: unknown) => {
            if (isDriverError(error) && error.outcome === 'no-room-here')
              parts.log.warn({ backend: parts.backend, project }, error.message)
            throw error
          },
        )
        const one = server(project, folder, address)
        try {
          checkView(viewOf(folder))
          await commands.change(['mkdir', '-p', '-m', '0700', '--', join(projects, project)])
          if (folder !== project) await writeFile(commands, join(projects, project, 'folder'), folder)
          await one.begin(commands)
          return await work(one)
        } finally {
          await reap(commands, one)
        }
      })
    },

    async ids(commands) {
      const argv = ['find', projects, '-mindepth', '3', '-maxdepth', '3', '-path', '*/exports.d/*.conf']
      const { stdout } = await commands.look(argv, { maxOutputBytes: 64 * 1024 * 1024 })
      return looks.ids(
        commands,
        stdout.split('\n').filter((file) => isInstanceId(idOf(file))),
      )
    },

    all: assigned,

    async refresh(commands) {
      const before = new Set(known.keys())
      const now = [...(await addresses.all(commands)).keys()]
      for (const project of [...before, ...down.keys()]) {
        if (now.includes(project)) continue
        known.delete(project)
        down.delete(project)
      }
      await bring(
        commands,
        now.filter((project) => !before.has(project)),
      )
    },
  }

  function checkView(view: string | null): void {
    if (view === null || mounts().some(({ path }) => path === view)) return
    throw hostLacks(`${view} is no mount of its own, so a server can't be given it alone`)
  }
}

/** Descriptors of a project's server: connections and open files. */
const files = 8192

/**
 * Why the sockets of servers below `dir` would have paths that are too long; null when they fit. Asked at the start: those of a
 * project's server are longer than a shared one's, and would be missed only when the first share of the project is exported.
 */
export function socketProblem({ servers }: Pick<GaneshaOptions, 'servers'>, dir: string): string | null {
  const shared = Buffer.byteLength(join(dir, 'bus')) - longestSocket
  const over = servers === 'shared' ? shared : busOver(dir, keystoneId)
  if (over <= 0) return null
  return `the path ${dir} is too long for the sockets of NFS servers in it: choose a state_dir that is ${over} bytes shorter`
}

/** Throws a sentence when the options contradict each other, what the driver says of itself, or where they are to run. */
export function checkServers(options: GaneshaOptions, parts: Parts): void {
  const { servers, addresses } = options
  const tooLong = socketProblem(options, parts.dir)
  if (tooLong !== null) throw new Error(tooLong)
  if (servers === 'shared') {
    if (addresses.length > 0) throw new Error('the option addresses is for servers = "per-project"')
    return
  }
  if (parts.storage?.separates === undefined)
    throw new Error(
      `servers = "per-project" needs a driver that keeps clients apart; ${parts.storage?.name ?? 'this one'} does not`,
    )
  if (addresses.length === 0) throw new Error('servers = "per-project" needs addresses')
  const same = addresses.find((address, at) => addresses.indexOf(address) !== at)
  if (same !== undefined) throw new Error(`the option addresses has ${same} twice`)
  const wrong = addresses.find((address) => isIP(address) === 0 || isWildcard(address))
  if (wrong !== undefined)
    throw new Error(`the option addresses has ${wrong}, which is no address of one host`)
}
