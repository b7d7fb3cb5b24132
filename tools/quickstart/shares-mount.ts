/**
 * A file system of its own for plain directories: an NFS server would otherwise show its clients everything that lies beside
 * them. One sparse file with ext4 in it, mounted below the state directory for as long as the quick start runs.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { mounts } from '../../src/storage/host/mountinfo.ts'
import { localExec } from '../../src/exec/local.ts'

/** Where the shares are made. */
export const sharesMount = (dir: string): string => join(dir, 'shares')
const imageIn = (dir: string): string => join(dir, 'shares.ext4')

/** Why such a file system can't be had here; null when it can. */
export function sharesMountObstacle(): string | null {
  if (!existsSync('/dev/loop-control')) return 'the host has no loop devices (/dev/loop-control is missing)'
  return existsSync('/usr/sbin/mkfs.ext4') ? null : 'mkfs.ext4 is not installed (Debian package e2fsprogs)'
}

/** Makes it with `sizeGib`, or takes the one that is there, and mounts it. Nothing on it is ever executed or followed. */
export async function mountShares(dir: string, sizeGib: number): Promise<void> {
  const [image, path] = [imageIn(dir), sharesMount(dir)]
  if (isMounted(path)) return
  const unfinished = `${image}.new`
  if (!existsSync(image)) {
    await run('rm', '-f', '--', unfinished)
    await run('truncate', '--size', `${sizeGib}G`, '--', unfinished)
    await run('mkfs.ext4', '-q', '-m', '0', '-F', unfinished)
    await run('mv', '-T', '--', unfinished, image)
  }
  mkdirSync(path, { recursive: true, mode: 0o700 })
  await run('mount', '-o', 'loop,noatime,nodev,nosuid,nosymfollow', '--', image, path)
}

/** Unmounts it, which detaches its loop device. Fine when it is not mounted. */
export async function unmountShares(dir: string): Promise<void> {
  if (isMounted(sharesMount(dir))) await run('umount', '--', sharesMount(dir))
}

const isMounted = (path: string): boolean => mounts().some((mount) => mount.path === path)

async function run(...argv: string[]): Promise<void> {
  await localExec().run(argv, { deadlineMs: 60_000 })
}
