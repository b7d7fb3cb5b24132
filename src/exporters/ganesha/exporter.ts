/**
 * NFS 4.0 – 4.2 by one private NFS-Ganesha per backend. It promises that clients of an export notice nothing of changes to
 * others, nor of restarts of this process, and that a dead daemon comes back with every export. It refuses to know
 * what is behind a tree, and who owns it.
 */
import { join } from 'node:path'
import { attempt, commandsOf, hostLacks } from '../../drivers/commands.ts'
import { DriverError } from '../../drivers/driver.ts'
import { checkedName, checkedPath } from './config-file.ts'
import { daemonIn } from './daemon.ts'
import { checkSameDirectory, exportsIn, mountIdentity } from './exports.ts'
import { sortRules } from './rules.ts'
import type { Commands } from '../../drivers/commands.ts'
import type { CallContext, Exporter, ExportRef, Parts } from '../../drivers/driver.ts'
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

/** Builds the exporter; nothing is touched before `setup`. */
export function ganeshaExporter(options: GaneshaOptions, parts: Parts): GaneshaExporter {
  const host = options.advertised_host ?? options.bind_address
  let site: Site | null = null

  async function open(commands: Commands): Promise<Site> {
    if (site !== null) return site
    // Mounts are listed by their real paths, and the daemon is recognised by the path on its command line.
    const dir = (await commands.look(['realpath', '-e', '--', parts.dir])).stdout.trimEnd()
    const own = join(dir, 'ganesha')
    const exports = exportsIn(own, options)
    await exports.prepare(commands)
    site = { daemon: daemonIn(own, options, parts), exports }
    return site
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
      return work(commands, exports, running)
    })
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
        if (tree.ceph === undefined) await checkSameDirectory(commands, running, path)
        const known = await exports.find(commands, target.id)
        const record: ExportRecord = {
          id: target.id,
          number: known?.number ?? (await exports.takeNumber(commands, target.id)),
          path,
          readOnly: tree.readOnly,
          name,
          ...(tree.ceph === undefined
            ? { mount: mountIdentity(path) }
            : { mount: 'cephfs', ceph: { filesystem: tree.ceph.filesystem } }),
          rules: known?.rules ?? [],
        }
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

function nfsTree(target: ExportRef) {
  if (target.protocol === 'NFS' && target.tree !== null) return target.tree
  const why = target.tree === null ? 'there is no directory to publish' : `${target.protocol} is not NFS`
  throw new DriverError(`${target.id}: ${why}`, 'nothing-happened', { reason: 'unsupported' })
}
