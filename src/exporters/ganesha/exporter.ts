/**
 * NFS 4.0 – 4.2 by one private NFS-Ganesha per backend. It promises that clients of an export notice nothing of changes to
 * others, nor of restarts of this process, and that a dead daemon comes back with every export. It refuses to know
 * what is behind a tree, and who owns it.
 */
import { join } from 'node:path'
import { attempt, commandsOf, hostLacks } from '../../drivers/commands.ts'
import { DriverError } from '../../drivers/driver.ts'
import { checkedName, checkedPath, sameUser } from './config-file.ts'
import { daemonIn } from './daemon.ts'
import { checkFileSystem, checkSameDirectory, exportsIn, mountIdentity } from './exports.ts'
import { rootHandle } from './handle.ts'
import { isWildcard } from './listening.ts'
import { sortRules } from './rules.ts'
import type { Commands } from '../../drivers/commands.ts'
import type { CallContext, Exporter, ExportRef, Parts, Tree } from '../../drivers/driver.ts'
import type { ExportRecord } from './config-file.ts'
import type { Daemon, Running } from './daemon.ts'
import type { Exports } from './exports.ts'
import type { GaneshaOptions } from './options.ts'

/** An exporter that also tells where it serves: export locations have no place for a port. */
export interface GaneshaExporter extends Exporter {
  /** The TCP port of NFS; null before the first setup when the configuration leaves it open. */
  port(): number | null
}

interface Site {
  readonly daemon: Daemon
  readonly exports: Exports
}

/** Milliseconds within which a server that is up tells a handle. */
const handleMs = 5000

/** Builds the exporter; nothing is touched before `setup`. */
export function ganeshaExporter(options: GaneshaOptions, parts: Parts): GaneshaExporter {
  const host = options.advertised_host ?? options.bind_address
  const ownFileSystems = parts.storage?.separates === 'file-system'
  let site: Site | null = null

  async function open(commands: Commands): Promise<Site> {
    if (site !== null) return site
    // Mounts are listed by their real paths, and the daemon is recognised by the path on its command line.
    const dir = (await commands.look(['realpath', '-e', '--', parts.dir])).stdout.trimEnd()
    const own = join(dir, 'ganesha')
    const exports = exportsIn(own, options)
    await exports.prepare(commands)
    site = { daemon: daemonIn({ dir: own, ownFileSystems }, options, parts), exports }
    return site
  }

  /** Without the guard `..` leads clients out of their export. Where nothing else keeps them apart that is only told. */
  async function unguarded(commands: Commands, daemon: Daemon): Promise<void> {
    const what = `NFS-Ganesha can't export a directory of ${parts.dir}, which keeps clients out of the file system around their shares; keep the backend's directory on a file system that is mounted as a whole`
    if (!ownFileSystems) return parts.log.warn({ backend: parts.backend }, what)
    await daemon.end(commands)
    throw hostLacks(what)
  }

  /** One call of the contract; the daemon runs when `work` begins. */
  function serving<T>(
    call: CallContext,
    what: string,
    work: (commands: Commands, exports: Exports, running: Running) => Promise<T>,
  ): Promise<T> {
    return attempt(what, async () => {
      const commands = commandsOf(parts.exec, call)
      const { daemon, exports } = await open(commands)
      const running = await daemon.ensure(commands, () => exports.servable(commands))
      if (running.fresh && !(await exports.guarded(commands, running))) await unguarded(commands, daemon)
      return work(commands, exports, running)
    })
  }

  /** Before a path is served it has to be what the driver says, for the daemon too. */
  async function checkTree(
    commands: Commands,
    running: Running,
    exports: Exports,
    tree: Tree,
  ): Promise<void> {
    const { path, fileSystem } = tree
    if (fileSystem !== undefined) await checkFileSystem(commands, path, fileSystem, exports.guardPath)
    else if (ownFileSystems)
      throw hostLacks(`${path} is not served: ${parts.storage?.name} does not say which file system it is`)
    await checkSameDirectory(commands, running, path)
  }

  /** Throws, and serves nothing under the record's id, unless the handles that clients will get hold the UUID. */
  async function checkHandle(
    commands: Commands,
    exports: Exports,
    running: Running,
    { record, known }: { record: ExportRecord; known: ExportRecord | null },
  ): Promise<void> {
    const { path, name, fileSystem } = record
    const address = isWildcard(options.bind_address) ? '127.0.0.1' : options.bind_address
    await exports.show(commands, running, record, address)
    const timeoutMs = Math.max(1, Math.min(handleMs, commands.remainingMs()))
    const asked = { host: address, port: running.port, name, timeoutMs }
    const handle = await rootHandle(asked).catch(async (cause: Error) => {
      await (known === null
        ? exports.hide(commands, running, record)
        : exports.apply(commands, running, known))
      throw new DriverError(`NFS-Ganesha shows no handle of ${path}: ${cause.message}`, 'maybe-happened', {
        cause,
        retryAfterS: 5,
      })
    })
    const uuid = Buffer.from((fileSystem?.uuid ?? '').replaceAll('-', ''), 'hex')
    if (uuid.length === 16 && handle.includes(uuid)) return
    await exports.remove(commands, running, record)
    throw hostLacks(
      `${path} is not served: its handles are made of something else than the UUID ${fileSystem?.uuid} (${handle.toString('hex')})`,
    )
  }

  return {
    name: 'ganesha',
    protocols: ['NFS'],
    accessTypes: [['NFS', 'ip']],
    port: () => site?.daemon.port() ?? null,

    setup: (call) => serving(call, `starting NFS-Ganesha for ${parts.backend}`, async () => undefined),

    stop: (call, { detach }) =>
      attempt(`stopping NFS-Ganesha of ${parts.backend}`, async () => {
        if (!detach) return
        const commands = commandsOf(parts.exec, call)
        await (await open(commands)).daemon.end(commands)
      }),

    publish: (call, target) =>
      serving(call, `publishing ${target.id}`, async (commands, exports, running) => {
        const tree = nfsTree(target)
        if (tree.ceph !== undefined && options.ceph_conf === undefined)
          throw hostLacks(`the exporter of ${parts.backend} needs the option ceph_conf to serve CephFS`)
        const path = checkedPath(tree)
        const name = checkedName(target.name)
        if (tree.ceph === undefined) await checkTree(commands, running, exports, { ...tree, path })
        const known = await exports.find(commands, target.id)
        const record: ExportRecord = {
          id: target.id,
          number: known?.number ?? (await exports.takeNumber(commands, target.id)),
          path,
          readOnly: tree.readOnly,
          name,
          ...identity(tree),
          rules: known?.rules ?? [],
        }
        if (ownFileSystems && tree.ceph === undefined)
          await checkHandle(commands, exports, running, { record, known })
        // A server goes on as whom it began: what an earlier release served as one user for all begins anew.
        if (known !== null && !sameUser(known, record)) await exports.hide(commands, running, known)
        await exports.apply(commands, running, record)
        const shown = host.includes(':') ? `[${host}]` : host
        return [{ path: `${shown}:/${name}`, preferred: true, adminOnly: false }]
      }),

    unpublish: (call, target) =>
      serving(call, `unpublishing ${target.id}`, async (commands, exports, running) => {
        const known = await exports.find(commands, target.id)
        if (known !== null) await exports.remove(commands, running, known)
      }),

    applyRules: (call, target, rules) =>
      serving(call, `applying access rules of ${target.id}`, async (commands, exports, running) => {
        const known = await exports.find(commands, target.id)
        if (known === null) {
          throw new DriverError(`${target.id} is not published`, 'nothing-happened', { reason: 'not-found' })
        }
        const { enforced, outcomes } = sortRules(rules)
        await exports.apply(commands, running, { ...known, rules: enforced })
        return outcomes
      }),

    inventory: (call) => serving(call, 'listing exports', (commands, exports) => exports.ids(commands)),
  }
}

/** What the record has to say of the place where the tree lies. */
function identity(tree: Tree): Pick<ExportRecord, 'mount' | 'ceph' | 'fileSystem'> {
  if (tree.ceph !== undefined) return { mount: 'cephfs', ceph: tree.ceph }
  const { fileSystem } = tree
  const known = fileSystem && { uuid: fileSystem.uuid, backing: fileSystem.backing }
  return { mount: mountIdentity(tree.path), ...(known === undefined ? {} : { fileSystem: known }) }
}

function nfsTree(target: ExportRef) {
  if (target.protocol === 'NFS' && target.tree !== null) return target.tree
  const why = target.tree === null ? 'there is no directory to publish' : `${target.protocol} is not NFS`
  throw new DriverError(`${target.id}: ${why}`, 'nothing-happened', { reason: 'unsupported' })
}
