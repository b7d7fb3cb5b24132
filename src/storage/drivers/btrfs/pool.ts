/**
 * The pool once it is set up, and the handful of things one does with subvolumes. Everything here is one command or a
 * read of sysfs; the order that makes them safe is in the files named after the verbs.
 */
import { fileURLToPath } from 'node:url'
import { ExecError } from '../../../exec/exec.ts'
import { isAbsent } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { mendCounters } from './quotas.ts'
import { parseListing } from './layout.ts'
import type { Commands } from '../../host/commands.ts'
import type { Attached } from './attach.ts'
import type { Binds } from './binds.ts'
import type { BtrfsOptions } from './config.ts'
import type { Layout, Listing } from './layout.ts'
import type { Counters, Qgroups } from './qgroups.ts'

export const gib = 1024 ** 3
const destroyScript = fileURLToPath(new URL('destroy-subvolume.pl', import.meta.url))
/** Of the root of every subvolume, and of nothing else: BTRFS_FIRST_FREE_OBJECTID of linux/btrfs_tree.h. */
const rootInode = '256'

/** A pool that is attached, mounted and has its quotas on. */
export interface Pool {
  readonly attached: Attached
  readonly layout: Layout
  readonly binds: Binds
  readonly qgroups: Qgroups
  readonly options: BtrfsOptions
}

/** The subvolume's id; null when nothing is there. Throws {@link DriverError} for a directory that is no subvolume. */
export async function subvolumeIdOf(commands: Commands, path: string): Promise<string | null> {
  try {
    const { stdout: inode } = await commands.look(['stat', '--format', '%i', '--', path])
    if (inode.trim() === rootInode)
      return (await commands.look(['btrfs', 'inspect-internal', 'rootid', '--', path])).stdout.trim()
  } catch (error) {
    if (isAbsent(error)) return null
    if (!(error instanceof ExecError) || !/not a btrfs/i.test(error.result.stderr)) throw error
  }
  throw new DriverError(`${path} is not a btrfs subvolume`, 'nothing-happened', { reason: 'not-found' })
}

/** Every share and snapshot of the pool, by one command. */
export async function listingOf(commands: Commands, pool: Pool): Promise<Listing> {
  const argv = ['btrfs', 'subvolume', 'list', '-o', pool.layout.root]
  return parseListing((await commands.look(argv, { maxOutputBytes: 64 * 1024 * 1024 })).stdout)
}

/** Sets the size that the kernel enforces; `null` lifts it. */
export async function limit(commands: Commands, subvolume: string, bytes: number | null): Promise<void> {
  await commands.change(['btrfs', 'qgroup', 'limit', bytes === null ? 'none' : String(bytes), subvolume])
}

/** Renames without ever copying (one file system, one mount); a subvolume in the way makes it fail. */
export async function rename(commands: Commands, from: string, to: string): Promise<void> {
  await commands.change(['mv', '-T', '--', from, to])
}

/** Deletes a subvolume; one that isn't there is fine, anything else stays and fails. The kernel frees its space some time later. */
export const deleteSubvolume = (commands: Commands, path: string): Promise<void> =>
  destroy(commands, path, [])

/**
 * Clears a place where only what was put aside belongs (the trash, a copy in the making). Links, files and empty folders go as well: a
 * client can swap one in while a share is moved away, and left there it would make every later deletion of that share fail.
 */
export const clearPlace = (commands: Commands, path: string): Promise<void> =>
  destroy(commands, path, ['place'])

async function destroy(commands: Commands, path: string, flags: readonly string[]): Promise<void> {
  try {
    // Mostly it is not there: what is deleted is what a call that was cut short may have left. A disk that fails says so here.
    await commands.look(['stat', '--format', '%i', '--', path])
    await commands.change(['perl', destroyScript, path, ...flags])
  } catch (error) {
    if (isAbsent(error)) return
    if (error instanceof ExecError && /Directory not empty/.test(error.result.stderr)) {
      throw new DriverError(
        `${path} holds subvolumes or files that were not made by this backend`,
        'maybe-happened',
        {
          cause: error,
          retryAfterS: null,
          reason: 'busy',
        },
      )
    }
    throw error
  }
}

/**
 * The counters of one subvolume after the file system has brought them up to date. Throws a {@link DriverError} that
 * may be repeated when they can't be trusted yet.
 */
export async function freshCounters(
  commands: Commands,
  pool: Pool,
  subvolume: string,
  subvolumeId: string,
): Promise<Counters> {
  await commands.look(['sync', '--file-system', subvolume])
  const stale = await mendCounters(commands, pool.attached, pool.qgroups, { wait: true })
  const counters = pool.qgroups.read(subvolumeId)
  if (!stale && counters !== null) return counters
  throw new DriverError(`the quota counters of ${subvolume} are being rescanned`, 'nothing-happened', {
    retryAfterS: 10,
    reason: 'busy',
  })
}

/** For what must exist: ensure, extend, snapshot… of something that isn't there. */
export function notFound(what: string): DriverError {
  return new DriverError(`${what} is not in the pool`, 'nothing-happened', { reason: 'not-found' })
}
