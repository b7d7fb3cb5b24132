/**
 * Quota counters of a pool as the kernel shows them under `/sys/fs/btrfs`: some 15 µs a read, no command, no directory
 * walk. The values move when the file system commits, so callers that decide on them sync first.
 */
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'

const sysfs = '/sys/fs/btrfs'

export interface Counters {
  /** Bytes reachable from the subvolume, shared ones included (full); first written by it (simple). */
  readonly referenced: number
  /** Bytes that only this subvolume reaches. Meaningful with full quotas only. */
  readonly exclusive: number
  /** Bytes that `referenced` may not exceed; null for none. */
  readonly limit: number | null
}

export interface Qgroups {
  /** Where the kernel shows them, a folder `0_<subvolume id>` each. */
  readonly folder: string
  /** Null when the subvolume has no counters (yet). */
  read(subvolumeId: string): Counters | null
  /** `none` when quotas are off. */
  mode(): 'full' | 'simple' | 'none'
  /** True while counters can't be trusted and a rescan is due or running. */
  inconsistent(): boolean
  /** The file that says from which tree depth on deletions skip exact accounting; null on older kernels. */
  readonly thresholdFile: string | null
}

/**
 * The counters of the file system that `device` (`/dev/loop0`) belongs to; null when the kernel doesn't know it.
 * `root` is replaced by tests.
 */
export function qgroupsOf(device: string, root: string = sysfs): Qgroups | null {
  const name = basename(existsSync(device) ? realpathSync(device) : device)
  const folder = readdirSync(root).find((fsid) => existsSync(join(root, fsid, 'devices', name)))
  return folder === undefined ? null : counters(join(root, folder, 'qgroups'))
}

function counters(folder: string): Qgroups {
  const threshold = join(folder, 'drop_subtree_threshold')
  return {
    folder,
    read(subvolumeId) {
      const referenced = number(join(folder, `0_${subvolumeId}`, 'referenced'))
      const exclusive = number(join(folder, `0_${subvolumeId}`, 'exclusive'))
      if (referenced === null || exclusive === null) return null
      // Without a limit the kernel shows 0 or 2^64 - 1.
      const limit = number(join(folder, `0_${subvolumeId}`, 'max_referenced'))
      return { referenced, exclusive, limit: limit === 0 ? null : limit }
    },
    mode() {
      if (!existsSync(folder)) return 'none'
      // Kernels before 6.7 have full quotas only, and no such file.
      const mode = text(join(folder, 'mode')) ?? 'qgroup'
      return mode === 'qgroup' ? 'full' : mode === 'squota' ? 'simple' : 'none'
    },
    inconsistent: () => text(join(folder, 'inconsistent')) === '1',
    thresholdFile: existsSync(threshold) ? threshold : null,
  }
}

function number(file: string): number | null {
  const value = Number(text(file) ?? 'none')
  return Number.isSafeInteger(value) ? value : null
}

function text(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}
