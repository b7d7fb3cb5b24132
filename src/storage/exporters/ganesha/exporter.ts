/**
 * NFS 4.0 – 4.2 by one private NFS-Ganesha per backend. It promises that clients of an export notice nothing of changes to
 * others, nor of restarts of this process, and that a dead daemon comes back with every export. It refuses to know
 * what is behind a tree, and who owns it.
 */
import { join } from 'node:path'
import { attempt, commandsOf, hostLacks } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { isWithin, mounts, type Mount } from '../../host/mountinfo.ts'
import { checkedName, checkedPath, sameUser } from './config-file.ts'
import { checkFileSystem, checkSameDirectory, isInstanceId, mountIdentity, numbers } from './exports.ts'
import { rootHandle } from './handle.ts'
import { isWildcard } from './listening.ts'
import { clientsAtMost, sortRules } from './rules.ts'
import { checkServers, projectServers, sharedServer, type Servers } from './servers.ts'
import { watch, type Watch } from './watch.ts'
import type { Commands } from '../../host/commands.ts'
import type { CallContext, Exporter, ExportLocation, ExportRef, Parts, Tree } from '../../contract/driver.ts'
import type { ExportRecord } from './config-file.ts'
import type { Running } from './daemon.ts'
import type { Exports } from './exports.ts'
import type { GaneshaOptions } from './options.ts'
import type { Server } from './server.ts'

/** An exporter that also tells where it serves: export locations have no place for a port. */
export interface GaneshaExporter extends Exporter {
  /** The TCP port of NFS; null before the first setup when the configuration leaves it open. */
  port(): number | null
}

/** What the attacks of the conformance kit could not be kept from, for users; docs/guide/security.md tells it at length. */
const leftOpen = {
  'per-project':
    'NFS knows clients by their addresses alone, and a client names its user ids itself. Clients of one project share a server: one that learned the UUID of another share of its project can read the attributes of that root, and one can interrupt the server for about a second, as often as it likes. Other projects have servers of their own; who can connect to one and knows the name of a client of NFS 4.1 can end its session, which loses its locks.',
  shared:
    'NFS knows clients by their addresses alone, and a client names its user ids itself. Clients of all projects share one server: one that learned the UUID of another share can read the attributes of that root, any client can interrupt the server for about a second, as often as it likes, and whoever knows the name of a client of NFS 4.1 can end its session, which loses its locks.',
} as const
const leftOpenByUsers =
  ' Ceph tells size and times of a file, not its name or content, to whoever names its inode number together with a snapshot.'

function leftOpenOf(servers: GaneshaOptions['servers'], separates: 'file-system' | 'user'): string {
  return separates === 'user' ? leftOpen[servers] + leftOpenByUsers : leftOpen[servers]
}

/** Milliseconds that a server may take to forget a file system whose device another one has now. */
const letGoMs = 3000
/** Milliseconds within which a server that is up tells a handle. */
const handleMs = 5000

/** Builds the exporter; nothing is touched before `setup`. */
export function ganeshaExporter(options: GaneshaOptions, parts: Parts): GaneshaExporter {
  checkServers(options, parts)
  const ownFileSystems = parts.storage?.separates === 'file-system'
  let opened: { readonly servers: Servers; readonly watch: Watch } | null = null

  async function open(commands: Commands): Promise<{ readonly servers: Servers; readonly watch: Watch }> {
    if (opened !== null) return opened
    // Mounts are listed by their real paths, and the daemon is recognised by the path on its command line.
    const dir = join((await commands.look(['realpath', '-e', '--', parts.dir])).stdout.trimEnd(), 'ganesha')
    const make = options.servers === 'shared' ? sharedServer : projectServers
    const servers = make(dir, options, parts)
    opened ??= { servers, watch: watch(servers, parts) }
    return opened
  }

  /** One call of the contract. */
  function doing<T>(
    call: CallContext,
    what: string,
    work: (commands: Commands, servers: Servers) => Promise<T>,
  ): Promise<T> {
    return attempt(what, async () => {
      const commands = commandsOf(parts.exec, call)
      return work(commands, (await open(commands)).servers)
    })
  }

  /** What clients mount. */
  function locationOf(server: Server, name: string): ExportLocation {
    const host = options.advertised_host ?? server.address
    const reached = options.servers === 'shared' ? host : server.address
    return {
      path: `${reached.includes(':') ? `[${reached}]` : reached}:/${name}`,
      preferred: true,
      adminOnly: false,
    }
  }

  async function publishOn(commands: Commands, server: Server, target: ExportRef): Promise<ExportLocation> {
    const tree = nfsTree(target)
    if (tree.ceph !== undefined && options.ceph_conf === undefined)
      throw hostLacks(`the exporter of ${parts.backend} needs the option ceph_conf to serve CephFS`)
    const path = checkedPath(tree)
    const name = checkedName(target.name)
    const { exports } = server
    const known = await exports.find(commands, target.id)
    // A host with a thousand shares has as many mounts: they are read once.
    const table = tree.ceph === undefined ? mounts() : []
    const record = async (): Promise<ExportRecord> => ({
      id: target.id,
      number: known?.number ?? (await exports.takeNumber(commands, target.id)),
      path,
      readOnly: tree.readOnly,
      name,
      ...identity(tree, table),
      rules: known?.rules ?? [],
    })
    await checkTree(commands, exports, { ...tree, path }, table)
    if (known !== null) {
      const next = await record()
      // One more that the server, if it waits, needs not wait for. As whom it is served is written when the server knows.
      if (sameUser(known, next)) await exports.save(commands, next)
    }
    const running = await server.up(commands)
    if (running === null && known === null)
      throw new DriverError(`NFS-Ganesha waits for other file systems to be mounted`, 'nothing-happened', {
        retryAfterS: 2,
        reason: 'busy',
      })
    if (running !== null) {
      const made = await record()
      if (tree.ceph === undefined) await checkSameDirectory(commands, running, path)
      if (ownFileSystems && tree.ceph === undefined)
        await checkHandle(commands, server, running, { record: made, known })
      // A server goes on as whom it began: what an earlier release served as one user for all begins anew.
      if (known !== null && !sameUser(known, made)) await exports.hide(commands, running, known)
      await exports.apply(commands, running, made)
    }
    return locationOf(server, name)
  }

  /** Before a path is served it has to be what the driver says, for the daemon too. */
  async function checkTree(
    commands: Commands,
    exports: Exports,
    tree: Tree,
    table: readonly Mount[],
  ): Promise<void> {
    const { path, fileSystem } = tree
    if (fileSystem !== undefined)
      await checkFileSystem(commands, { path, fileSystem }, exports.guardPath, table)
    else if (ownFileSystems && tree.ceph === undefined)
      throw hostLacks(`${path} is not served: ${parts.storage?.name} does not say which file system it is`)
  }

  /** Throws, and serves nothing under the record's id, unless the handles that clients will get hold the UUID. */
  async function checkHandle(
    commands: Commands,
    { exports, address: served }: Server,
    running: Running,
    { record, known }: { record: ExportRecord; known: ExportRecord | null },
  ): Promise<void> {
    const { path, name, fileSystem } = record
    const address = isWildcard(served) ? '127.0.0.1' : served
    const uuid = Buffer.from((fileSystem?.uuid ?? '').replaceAll('-', ''), 'hex')
    const end = performance.now() + Math.min(letGoMs, commands.remainingMs() / 2)
    let handle: Buffer
    do {
      await exports.show(commands, running, record, address)
      const timeoutMs = Math.max(1, Math.min(handleMs, commands.remainingMs()))
      const asked = { host: address, port: running.port, name, timeoutMs }
      handle = await rootHandle(asked).catch(async (cause: Error) => {
        await (known === null
          ? exports.hide(commands, running, record)
          : exports.apply(commands, running, known))
        throw new DriverError(`NFS-Ganesha shows no handle of ${path}: ${cause.message}`, 'maybe-happened', {
          cause,
          retryAfterS: 5,
        })
      })
      if (uuid.length === 16 && handle.includes(uuid)) return
      // A server knows file systems by their devices, and an old one for as long as a client of it has not let go.
      await exports.hide(commands, running, record)
      await new Promise((resolve) => setTimeout(resolve, 100))
    } while (performance.now() < end)
    await exports.remove(commands, running, record)
    throw hostLacks(
      `${path} is not served: its handles are made of something else than the UUID ${fileSystem?.uuid} (${handle.toString('hex')})`,
    )
  }

  return {
    name: 'ganesha',
    protocols: ['NFS'],
    accessTypes: [['NFS', 'ip']],
    limits: {
      // "Everybody" is two networks to Ganesha, and one rule may say so of each kind of address.
      rulesPerExport: clientsAtMost - 2,
      // One number is the guard's.
      exportsPerServer: numbers - 1,
      serverPer: options.servers === 'per-project' ? 'project' : 'backend',
    },
    ...(parts.storage?.separates === undefined
      ? {}
      : { leftOpen: leftOpenOf(options.servers, parts.storage.separates) }),
    port: () =>
      opened?.servers
        .known()
        .find((server) => server.port() !== null)
        ?.port() ?? null,
    troubles: () => {
      const { servers } = opened ?? {}
      const each = servers?.known().flatMap((server) => server.trouble() ?? []) ?? []
      return [...(servers?.troubles() ?? []), ...each]
    },

    setup: (call) =>
      attempt(`starting NFS-Ganesha for ${parts.backend}`, async () => {
        const commands = commandsOf(parts.exec, call)
        const { servers, watch } = await open(commands)
        await servers.begin(commands)
        watch.start()
      }),

    settled: (call) =>
      doing(call, `starting NFS-Ganesha for ${parts.backend}`, async (commands, servers) => {
        for (const server of servers.known()) await server.settle(commands, { anyway: true })
      }),

    stop: (call, { detach }) =>
      attempt(`stopping NFS-Ganesha of ${parts.backend}`, async () => {
        await opened?.watch.stop()
        const commands = commandsOf(parts.exec, call)
        const { servers } = detach ? await open(commands) : { servers: null }
        opened = null
        const ends = (await servers?.all(commands))?.map((server) => server.end(commands)) ?? []
        await Promise.all(ends)
      }),

    publish: (call, target) =>
      doing(call, `publishing ${target.id}`, async (commands, servers) => {
        const { path } = nfsTree(target)
        // Before a server is made for it.
        checkedName(target.name)
        if (!isInstanceId(target.id))
          throw new DriverError('not an instance id', 'nothing-happened', { reason: 'unsupported' })
        const view = servers.viewOf(target.projectId)
        if (view !== null && !isWithin(path, view))
          throw hostLacks(`${path} is not served: the server of its project sees ${view} alone`)
        // Another project's until now; not inside of the lock of this one, lest two that swap shares wait for each other.
        const before = await servers.find(commands, target.id)
        if (before !== null && !servers.serves(before, target.projectId))
          await servers.within(commands, before, () => withdraw(commands, before, target.id))
        return servers.lend(commands, target.projectId, async (server) => [
          await publishOn(commands, server, target),
        ])
      }),

    unpublish: (call, target) =>
      doing(call, `unpublishing ${target.id}`, async (commands, servers) => {
        const server = await servers.find(commands, target.id)
        if (server !== null)
          await servers.within(commands, server, () => withdraw(commands, server, target.id))
      }),

    applyRules: (call, target, rules) =>
      doing(call, `applying access rules of ${target.id}`, async (commands, servers) => {
        const server = await servers.find(commands, target.id)
        const known = await server?.exports.find(commands, target.id)
        if (server === null || known === null || known === undefined) {
          throw new DriverError(`${target.id} is not published`, 'nothing-happened', { reason: 'not-found' })
        }
        const { enforced, outcomes } = sortRules(rules)
        const record = { ...known, rules: enforced }
        const running = await server.up(commands)
        if (running === null) await server.exports.save(commands, record)
        else await server.exports.apply(commands, running, record)
        return outcomes
      }),

    inventory: (call) =>
      doing(call, 'listing exports', async (c, servers) => (await servers.ids(c)).readable),
    damaged: (call) => doing(call, 'listing exports', async (c, servers) => (await servers.ids(c)).damaged),
  }
}

/** Serves nothing under the id afterwards, and keeps nothing of it. */
async function withdraw(commands: Commands, server: Server, id: string): Promise<void> {
  const { exports } = server
  if (!(await exports.has(commands, id))) return
  const known = (await exports.find(commands, id)) ?? { id, number: await exports.takeNumber(commands, id) }
  const running = await server.up(commands)
  if (running === null) await exports.forget(commands, known)
  else await exports.remove(commands, running, known)
}

/** What the record has to say of the place where the tree lies. */
function identity(tree: Tree, table: readonly Mount[]): Pick<ExportRecord, 'mount' | 'ceph' | 'fileSystem'> {
  if (tree.ceph !== undefined) return { mount: 'cephfs', ceph: tree.ceph }
  const { fileSystem } = tree
  const known = fileSystem && { uuid: fileSystem.uuid, backing: fileSystem.backing }
  return { mount: mountIdentity(tree.path, table), ...(known === undefined ? {} : { fileSystem: known }) }
}

function nfsTree(target: ExportRef) {
  if (target.protocol === 'NFS' && target.tree !== null) return target.tree
  const why = target.tree === null ? 'there is no directory to publish' : `${target.protocol} is not NFS`
  throw new DriverError(`${target.id}: ${why}`, 'nothing-happened', { reason: 'unsupported' })
}
