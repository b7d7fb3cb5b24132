/**
 * A mount that hangs: a FUSE file system whose daemon never answers. Whoever touches it sleeps in the kernel, as on an NFS
 * mount whose server is gone, until it is killed or the mount is aborted. Root only.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'

/** Why there can be none here; null when there can. */
export const cannotHang: string | null =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'not root on Linux'
    : existsSync('/dev/fuse')
      ? null
      : 'no /dev/fuse'

export interface HungMount {
  /** Aborts whatever hangs and shows the directory below again. Twice is once. */
  end(): void
}

/** Covers the directory `path`. Don't look at it before `end`. */
export function hang(path: string): HungMount {
  const device = openSync('/dev/fuse', 'r+')
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0,allow_other'
  const mounted = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'hung', path], {
    stdio: ['ignore', 'ignore', 'pipe', device],
    encoding: 'utf8',
  })
  if (mounted.status !== 0) {
    closeSync(device)
    throw new Error(`mount ended with ${mounted.status}: ${mounted.stderr}`)
  }
  let ended = false
  return {
    end() {
      if (ended) return
      ended = true
      // Closing the device aborts the connection: everybody who waits is told that it is gone.
      closeSync(device)
      spawnSync('umount', ['--lazy', path])
    },
  }
}
