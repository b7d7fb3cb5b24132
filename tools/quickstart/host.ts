/** What this host allows: which backend is the best here, and why. */
import { closeSync, existsSync, openSync, readFileSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { ensureInstalled, type Need } from '../programs/packages.ts'
import type { BackendKind, QuickstartOptions } from './options.ts'
import type { Steps } from './say.ts'
import { sharesMountObstacle } from './shares-mount.ts'

const ganeshaNeeds: readonly Need[] = [
  { program: 'ganesha.nfsd', debianPackage: 'nfs-ganesha', why: 'the NFS server that exports the shares' },
  {
    program: '/usr/lib/x86_64-linux-gnu/ganesha/libfsalvfs.so',
    debianPackage: 'nfs-ganesha-vfs',
    why: 'lets that server export local file systems',
  },
  { program: 'dbus-daemon', debianPackage: 'dbus', why: 'how exports are changed while the server runs' },
]

export const btrfsNeeds: readonly Need[] = [
  {
    program: 'mkfs.btrfs',
    debianPackage: 'btrfs-progs',
    why: 'makes the pool, whose snapshots and quota groups everything rests on',
  },
  ...ganeshaNeeds,
]

export const imageNeeds: readonly Need[] = [
  ...btrfsNeeds,
  { program: 'mkfs.xfs', debianPackage: 'xfsprogs', why: 'makes the file system of each share' },
]

/** Said wherever the shares of all clients lie on one file system. */
const trusting =
  'WARNING: all shares lie on one file system, so a client that may mount one of them can reach the others (trusted_clients = true)'

export interface Choice {
  readonly kind: BackendKind
  /** One sentence for the user. */
  readonly why: string
  /** Whether an NFS server can export what is made here. */
  readonly exported: boolean
  /** What a host that can't export is missing. */
  readonly lacks: string | null
  /** One server for all projects, where none can have an address for itself. */
  readonly servers?: 'shared' | 'per-project'
}

/** Decides, and installs what the decision needs. Throws a sentence when a wish can't be fulfilled. */
export async function chooseBackend(options: QuickstartOptions, steps: Steps): Promise<Choice> {
  if (options.backend === 'sim') {
    const why = 'asked for: a pretend backend, nothing is stored'
    return { kind: 'sim', why, exported: false, lacks: null }
  }
  if (options.backend === 'directory') return askedDirectory(options, steps)
  const kind = options.backend ?? 'image'
  const needs = kind === 'image' ? imageNeeds : btrfsNeeds
  const lacks = poolObstacle(options) ?? (await install(needs, options, steps))
  if (lacks === null) return poolChoice(kind, poolSizeGib(options))
  if (options.backend !== null) throw new Error(`${kind} can't be used: ${lacks}`)
  return directoryChoice(`one file system per share is not possible here (${lacks})`, lacks)
}

function poolChoice(kind: 'image' | 'btrfs', size: number): Choice {
  const pool = `in a btrfs pool of ${size} GiB in one sparse file`
  const common = { kind, exported: true, lacks: null }
  if (kind === 'btrfs') return { ...common, why: `subvolumes ${pool}. ${trusting}` }
  const each = `one file system per share, ${pool}`
  if (serversBindApart())
    return { ...common, servers: 'per-project', why: `${each}; an NFS server per project` }
  const why = `${each}; one NFS server for all projects, because this host has no IPv6 address besides ::1, where NFS-Ganesha can't be kept to one address`
  return { ...common, servers: 'shared', why }
}

/** NFS-Ganesha 4.3 keeps to its `Bind_addr` only where there is an IPv6 address besides ::1 (docs/decisions/0017). */
function serversBindApart(): boolean {
  const table = '/proc/net/if_inet6'
  const loopback = /^0{31}1 /
  return (
    existsSync(table) &&
    readFileSync(table, 'utf8')
      .split('\n')
      .some((line) => line !== '' && !loopback.test(line))
  )
}

const honest = 'plain directories, whose size is reported but not enforced'

/** What is left where the host can't do better; nothing is exported, for its own file system would be shown with it. */
function directoryChoice(reason: string, lacks: string): Choice {
  return {
    kind: 'directory',
    why: `${reason}: ${honest}, and which no NFS server exports`,
    exported: false,
    lacks,
  }
}

async function askedDirectory(options: QuickstartOptions, steps: Steps): Promise<Choice> {
  const lacks =
    process.getuid?.() === 0
      ? (sharesMountObstacle() ?? (await install(ganeshaNeeds, options, steps)))
      : 'only root can export them over NFS'
  if (lacks !== null) return directoryChoice('asked for', lacks)
  return { kind: 'directory', why: `asked for: ${honest}. ${trusting}`, exported: true, lacks: null }
}

async function install(
  needs: readonly Need[],
  options: QuickstartOptions,
  steps: Steps,
): Promise<string | null> {
  const result = await ensureInstalled(needs, { forbid: options.noInstall, say: (line) => steps.line(line) })
  return result.ok ? null : result.why
}

/** Why a btrfs pool in a loop file of some size in `dir` is impossible here; null when it isn't. */
export function poolObstacle(options: Pick<QuickstartOptions, 'dir' | 'sizeGib'>): string | null {
  if (process.platform !== 'linux') return `this is ${process.platform}, and it needs Linux`
  if (process.getuid?.() !== 0) return 'mounting needs root'
  const loops = loopObstacle()
  if (loops !== null) return loops
  if (poolSizeGib(options) < 2) return `the disk under ${options.dir} has less than 2 GiB free`
  return null
}

/** Many containers show the device and don't let it be opened. */
function loopObstacle(): string | null {
  if (!existsSync('/dev/loop-control')) return 'the host has no loop devices: /dev/loop-control is missing'
  try {
    closeSync(openSync('/dev/loop-control', 'r+'))
    return null
  } catch (error) {
    return `no loop device can be had: /dev/loop-control can't be opened (${(error as NodeJS.ErrnoException).code}); a container needs it as a device, and CAP_SYS_ADMIN`
  }
}

const bytesPerGib = 1024 ** 3

/** What was asked for, but never more than the disk has: a sparse file must not promise what isn't there. */
export function poolSizeGib(options: Pick<QuickstartOptions, 'dir' | 'sizeGib'>): number {
  let dir = options.dir
  while (!existsSync(dir)) dir = dirname(dir)
  const { bavail, bsize } = statfsSync(dir)
  // A tenth stays free for the database and the logs.
  return Math.min(options.sizeGib, Math.floor((bavail * bsize * 0.9) / bytesPerGib))
}
