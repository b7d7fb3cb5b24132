/** Which process a server's pid file names. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The id that the NFS-Ganesha of `folder` wrote down; throws when it wrote none. It writes over its file without cutting it, so that
 * below a short id the end of a longer one stays: of the server before it, or from before ids began anew.
 */
export function pidIn(folder: string): number {
  return Number(readFileSync(join(folder, 'ganesha.pid'), 'utf8').split('\n', 1)[0])
}
