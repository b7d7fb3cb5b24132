/** What this host allows: which backend is the best here, and why. */
import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { ensureInstalled, type Need } from '../parts/packages.ts'
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
    why: 'makes the file system whose quotas hold the shares to their size',
  },
  ...ganeshaNeeds,
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
}

/** Decides, and installs what the decision needs. Throws a sentence when a wish can't be fulfilled. */
export async function chooseBackend(options: QuickstartOptions, steps: Steps): Promise<Choice> {
  if (options.backend === 'sim') {
    return { kind: 'sim', why: 'asked for: a pretend backend, nothing is stored', exported: false }
  }
  const obstacle = btrfsObstacle(options)
  if (options.backend !== 'directory' && obstacle === null) {
    const installed = await install(btrfsNeeds, options, steps)
    if (installed === null) {
      const size = poolSizeGib(options)
      return {
        kind: 'btrfs',
        why: `a btrfs pool of ${size} GiB in one sparse file, exported by NFS-Ganesha: real quotas, snapshots and NFS. ${trusting}`,
        exported: true,
      }
    }
    if (options.backend === 'btrfs') throw new Error(`btrfs can't be used: ${installed}`)
    steps.line(`  btrfs can't be used: ${installed}`)
  } else if (options.backend === 'btrfs') {
    throw new Error(`btrfs can't be used: ${obstacle ?? ''}`)
  }
  return directoryChoice(options, steps, obstacle)
}

async function directoryChoice(
  options: QuickstartOptions,
  steps: Steps,
  obstacle: string | null,
): Promise<Choice> {
  const reason =
    options.backend === 'directory'
      ? 'asked for'
      : `btrfs can't be used here (${obstacle ?? 'packages are missing'})`
  const honest = 'plain directories, whose size is reported but not enforced'
  if (process.getuid?.() !== 0) {
    return {
      kind: 'directory',
      why: `${reason}: ${honest}; only root can export them over NFS`,
      exported: false,
    }
  }
  const installed = sharesMountObstacle() ?? (await install(ganeshaNeeds, options, steps))
  if (installed !== null)
    return { kind: 'directory', why: `${reason}: ${honest}; no NFS export: ${installed}`, exported: false }
  return { kind: 'directory', why: `${reason}: ${honest}. ${trusting}`, exported: true }
}

async function install(
  needs: readonly Need[],
  options: QuickstartOptions,
  steps: Steps,
): Promise<string | null> {
  const result = await ensureInstalled(needs, { forbid: options.noInstall, say: (line) => steps.line(line) })
  return result.ok ? null : result.why
}

/** Why btrfs on a loop file of some size in `dir` is impossible here; null when it isn't. */
export function btrfsObstacle(options: Pick<QuickstartOptions, 'dir' | 'sizeGib'>): string | null {
  if (process.platform !== 'linux') return `this is ${process.platform}, btrfs needs Linux`
  if (process.getuid?.() !== 0) return 'mounting needs root'
  if (!existsSync('/dev/loop-control')) return 'the host has no loop devices (/dev/loop-control is missing)'
  if (poolSizeGib(options) < 2) return `the disk under ${options.dir} has less than 2 GiB free`
  return null
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
