/**
 * One bind mount per subvolume, because NFS-Ganesha can't export a btrfs subvolume by its path in the pool. The path
 * carries the subvolume id: a revert, which makes a new subvolume, gives a new path, so an exporter sees that
 * the tree moved.
 */
import { join } from 'node:path'
import { ExecError } from '../../../exec/exec.ts'
import { DriverError } from '../../contract/driver.ts'
import { harden } from '../../host/hardened.ts'
import { mountOf, mounts } from '../../host/mountinfo.ts'
import { mountedBelow } from '../../host/remains.ts'
import { checkedId } from './layout.ts'
import type { Commands } from '../../host/commands.ts'

/** A name of each bind mount, some 50 bytes. */
const maxOutputBytes = 64 * 1024 * 1024

export interface Binds {
  /** Mounts `subvolume` for `id` unless it is, drops older mounts of `id`, answers the path. */
  attach(
    commands: Commands,
    id: string,
    subvolume: string,
    subvolumeId: string,
    options: { readOnly: boolean },
  ): Promise<string>
  /** Unmounts everything mounted for `id` and removes the mount points. */
  release(commands: Commands, id: string): Promise<void>
  /** Last elements of all that are mounted, `<id>.<subvolume id>`. */
  names(): readonly string[]
  /** As {@link release}, for every id. */
  releaseAll(commands: Commands): Promise<void>
}

/** Bind mounts below `folder`, which belongs to this backend alone. */
export function bindsUnder(folder: string): Binds {
  const mountedFor = (id: string) =>
    mounts().filter(({ path }) => path.startsWith(join(folder, `${checkedId(id)}.`)))
  return {
    async attach(commands, id, subvolume, subvolumeId, { readOnly }) {
      const path = join(folder, `${checkedId(id)}.${subvolumeId}`)
      const all = mountedFor(id)
      for (const stale of all) {
        if (stale.path !== path || !shows(stale.root, subvolume)) await unmount(commands, stale.path)
      }
      const mounted = () => mountedFor(id).findLast((mount) => mount.path === path)
      if (mounted() === undefined) {
        await commands.change(['mkdir', '-p', '-m', '0700', '--', path])
        // The kernel walks to the subvolume, on a mount where it follows no link; mount(8) would resolve links by itself.
        const options = ['--no-canonicalize', '--bind', '-o', readOnly ? 'ro' : 'rw']
        await commands.change(['mount', ...options, '--', subvolume, path])
        if (!shows(mounted()?.root ?? '', subvolume)) {
          await unmount(commands, path)
          throw new DriverError(`${subvolume} was moved while it was mounted`, 'nothing-happened', {
            retryAfterS: 5,
          })
        }
      }
      // A bind mount is as hardened as what it was made from; an earlier release's was not.
      await harden(commands, path)
      return path
    },
    async release(commands, id) {
      for (const { path } of mountedFor(id)) await unmount(commands, path)
      // Mount points of a process that was killed between making one and mounting, or unmounting and removing.
      const { stdout } = await commands.look(['ls', '--', folder], { okCodes: [0, 2], maxOutputBytes })
      const left = stdout.split('\n').filter((name) => name.startsWith(`${checkedId(id)}.`))
      for (const name of left) await removeFolder(commands, join(folder, name))
    },
    names: () => mountedBelow(folder),
    async releaseAll(commands) {
      const all = mounts().filter(({ path }) => path.startsWith(`${folder}/`))
      for (const { path } of all) await unmount(commands, path)
    },
  }
}

/** True when a mount's root inside the file system is where `subvolume` lies, seen through the pool's own mount. */
function shows(root: string, subvolume: string): boolean {
  const pool = mountOf(subvolume)
  if (pool === null) return false
  return root === join(pool.root, subvolume.slice(pool.path.length))
}

async function unmount(commands: Commands, path: string): Promise<void> {
  try {
    await commands.change(['umount', '--', path])
  } catch (error) {
    if (!(error instanceof ExecError) || !/target is busy/.test(error.result.stderr)) throw error
    // Somebody still exports it. Detached, it is out of the way and ends with the exporter's last use.
    await commands.change(['umount', '--lazy', '--', path]).catch((cause: unknown) => {
      throw new DriverError(`${path} is in use`, 'maybe-happened', { cause, retryAfterS: 2, reason: 'busy' })
    })
  }
  // Removing the mount point also drops copies of the mount in other namespaces, which would pin the subvolume.
  await removeFolder(commands, path)
}

/** Unless something is in it or mounted on it. */
async function removeFolder(commands: Commands, path: string): Promise<void> {
  await commands.change(['rmdir', '--', path], { okCodes: [0, 1] })
}
