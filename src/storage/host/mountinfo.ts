/**
 * What is mounted, read from `/proc/self/mountinfo`: mounts outlive a process, so each start looks here before it mounts.
 * Reading it never touches a file system that might hang.
 */
import { readFileSync } from 'node:fs'

export interface Mount {
  /** `major:minor`; not what `stat` shows for btrfs. */
  readonly device: string
  /** The directory inside the file system that is visible here; ends in `//deleted` when it was removed since. */
  readonly root: string
  readonly path: string
  /** Of this mount, not of its file system: `rw`, `nosuid`, `nosymfollow`… */
  readonly options: readonly string[]
  readonly fsType: string
  /** `/dev/loop0` for a block device. */
  readonly source: string
}

/** Every mount of this process's mount namespace, oldest first; a later one hides an earlier one on the same path. */
export function mounts(text: string = readFileSync('/proc/self/mountinfo', 'utf8')): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ')
    const [, , device, root, path, options = ''] = left.split(' ')
    const [fsType, source] = right.split(' ')
    if (device === undefined || root === undefined || path === undefined) return []
    if (fsType === undefined || source === undefined) return []
    const where = { root: unescape(root), path: unescape(path), options: options.split(',') }
    return [{ device, ...where, fsType, source: unescape(source) }]
  })
}

/** The mount that `path` lies on, or null. `path` is absolute and free of links. */
export function mountOf(path: string, all: readonly Mount[] = mounts()): Mount | null {
  const holding = all.filter((mount) => isWithin(path, mount.path))
  const deepest = Math.max(0, ...holding.map((mount) => mount.path.length))
  return holding.findLast((mount) => mount.path.length === deepest) ?? null
}

/** True when `path` is `folder` or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

/** Blanks, tabs, newlines and backslashes are written as `\040`. */
function unescape(field: string): string {
  if (!field.includes('\\')) return field
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
