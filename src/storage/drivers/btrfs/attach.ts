/**
 * Brings the pool's file system up: makes and grows a loop file, attaches it, mounts it. Loop devices and mounts outlive
 * the process, so each step first looks for what an earlier one left; repeating all of it changes nothing.
 */
import { basename, dirname, join } from 'node:path'
import { attempt, hostLacks } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { harden, hardenings } from '../../host/hardened.ts'
import { mountOf, mounts } from '../../host/mountinfo.ts'
import type { Commands } from '../../host/commands.ts'
import type { PoolSource } from './config.ts'

const gib = 1024 ** 3

/** What is attached where. */
export interface Attached {
  /** The pool's top directory, free of links. */
  readonly top: string
  /** `/dev/loop0`: the block device the kernel knows the file system by. */
  readonly device: string
}

/**
 * Attaches `source` under `dir` (the backend's own directory) and answers where. Throws `host-lacks` when a person has
 * to act: too little room for the image, a device without btrfs, a directory that isn't on btrfs.
 */
export async function attach(commands: Commands, source: PoolSource, dir: string): Promise<Attached> {
  const mountPoint = join(dir, 'pool')
  if (source.kind === 'directory') return useDirectory(commands, source.path, mountPoint)
  return attempt(`attaching the btrfs pool ${source.path}`, async () => {
    const device = source.kind === 'loop' ? await attachLoop(commands, source) : source.path
    const mounted = mountedOn(mountPoint)
    if (mounted === null) {
      await commands.change(['mkdir', '-p', '-m', '0700', '--', mountPoint])
      const options = ['noatime', 'subvolid=5', ...hardenings].join(',')
      await commands.change(['mount', '-t', 'btrfs', '-o', options, device, mountPoint])
    }
    await harden(commands, mountPoint)
    if (source.kind === 'loop') await growFileSystem(commands, source, device, mountPoint)
    return { top: mountPoint, device: mountedOn(mountPoint)?.source ?? device }
  })
}

/** Unmounts and detaches what {@link attach} attached; a configured directory stays mounted where its owner mounted it. */
export async function detach(commands: Commands, source: PoolSource, dir: string): Promise<void> {
  const mountPoint = join(dir, 'pool')
  await attempt(`detaching the btrfs pool ${source.path}`, async () => {
    while (mountedOn(mountPoint) !== null) await commands.change(['umount', '--', mountPoint])
    // With the folder go the mount's copies in other namespaces, which would keep the device.
    await commands.change(['rmdir', '--', mountPoint], { okCodes: [0, 1] })
    if (source.kind !== 'loop') return
    for (const device of await loopsOf(commands, source.path)) {
      await commands.change(['losetup', '--detach', device])
    }
    await gone(commands, source.path)
  })
}

/** Whoever looks at a loop device holds it for a moment, and the kernel detaches it only then; a set-up in between would take it for ours. */
async function gone(commands: Commands, file: string): Promise<void> {
  while ((await loopsOf(commands, file)).length > 0) {
    if (commands.remainingMs() < 1000)
      throw new DriverError(`a loop device still has ${file}`, 'maybe-happened', {
        retryAfterS: 2,
        reason: 'busy',
      })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The directory as this backend sees it: hardened, which how its owner mounted it need not be. */
async function useDirectory(commands: Commands, path: string, mountPoint: string): Promise<Attached> {
  return attempt(`using ${path} as a btrfs pool`, async () => {
    const top = (await commands.look(['realpath', '-e', '--', path])).stdout.trimEnd()
    const mount = mountOf(top)
    if (mount?.fsType !== 'btrfs') {
      throw hostLacks(
        `${path} is on ${mount?.fsType ?? 'nothing'}, not on btrfs; mount a btrfs file system there`,
      )
    }
    const root = join(mount.root, top.slice(mount.path.length))
    const mounted = mountedOn(mountPoint)
    if (mounted !== null && (mounted.root !== root || mounted.device !== mount.device))
      await commands.change(['umount', '--', mountPoint])
    if (mountedOn(mountPoint) === null) {
      await commands.change(['mkdir', '-p', '-m', '0700', '--', mountPoint])
      await commands.change(['mount', '--no-canonicalize', '--bind', '--', top, mountPoint])
    }
    await harden(commands, mountPoint)
    return { top: mountPoint, device: mount.source }
  })
}

type Loop = Extract<PoolSource, { kind: 'loop' }>

async function attachLoop(commands: Commands, loop: Loop): Promise<string> {
  const [existing] = await loopsOf(commands, loop.path)
  if (existing === undefined) await makeImage(commands, loop)
  await growImage(commands, loop)
  if (existing !== undefined) return existing
  const argv = ['losetup', '--find', '--show', '--nooverlap', '--', loop.path]
  return (await commands.change(argv)).stdout.trim()
}

async function loopsOf(commands: Commands, file: string): Promise<readonly string[]> {
  const { stdout } = await commands.look([
    'losetup',
    '--associated',
    file,
    '--noheadings',
    '--output',
    'NAME',
  ])
  return stdout.split('\n').filter((line) => line.startsWith('/dev/loop'))
}

/** Formats beside the final name, so that a file under that name is always a whole file system. */
async function makeImage(commands: Commands, loop: Loop): Promise<void> {
  const there = await commands.look(['test', '-e', loop.path], { okCodes: [0, 1] })
  if (there.code === 0) return
  await commands.change(['mkdir', '-p', '--', dirname(loop.path)])
  const free = await freeBytes(commands, dirname(loop.path))
  if (free < loop.sizeBytes) throw tooBig(loop, free)
  const unfinished = `${loop.path}.new`
  await commands.change(['rm', '-f', '--', unfinished])
  await commands.change(['truncate', '--size', String(loop.sizeBytes), '--', unfinished])
  await commands.change(['chmod', '0600', '--', unfinished])
  await commands.change(['mkfs.btrfs', '--quiet', '--', unfinished])
  await commands.change(['mv', '-T', '--', unfinished, loop.path])
}

async function growImage(commands: Commands, loop: Loop): Promise<void> {
  const { stdout } = await commands.look(['stat', '--format', '%s %b', '--', loop.path])
  const [size = 0, blocks = 0] = stdout.trim().split(' ').map(Number)
  if (size >= loop.sizeBytes) return
  const free = await freeBytes(commands, dirname(loop.path))
  if (free < loop.sizeBytes - blocks * 512) throw tooBig(loop, free)
  await commands.change(['truncate', '--size', String(loop.sizeBytes), '--', loop.path])
}

async function growFileSystem(
  commands: Commands,
  loop: Loop,
  device: string,
  mountPoint: string,
): Promise<void> {
  // The kernel counts sectors of 512 bytes, whatever the device has.
  const sectors = await commands.look(['cat', '--', `/sys/class/block/${basename(device)}/size`])
  if (Number(sectors.stdout) * 512 < loop.sizeBytes)
    await commands.change(['losetup', '--set-capacity', device])
  // A no-op when the file system fills its device already, so a crash before it is mended by the next start.
  await commands.change(['btrfs', 'filesystem', 'resize', 'max', mountPoint])
}

async function freeBytes(commands: Commands, path: string): Promise<number> {
  const { stdout } = await commands.look(['stat', '--file-system', '--format', '%S %a', '--', path])
  const [unit = 0, blocks = 0] = stdout.trim().split(' ').map(Number)
  return unit * blocks
}

function tooBig(loop: Loop, free: number): Error {
  const wanted = (loop.sizeBytes / gib).toFixed(1)
  return hostLacks(
    `${loop.path} should be ${wanted} GiB, but its file system has only ${(free / gib).toFixed(1)} GiB free; lower size_gib or free some space`,
  )
}

function mountedOn(path: string) {
  return mounts().findLast((mount) => mount.path === path) ?? null
}
