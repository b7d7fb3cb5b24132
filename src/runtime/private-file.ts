/** Files whose readers could be anybody, or read what every tenant does. */
import { closeSync, fchmodSync, fstatSync, openSync } from 'node:fs'

/**
 * Makes the file with `mode` if there is none, and takes from one that is there whatever is looser. What is no file (a terminal, a
 * pipe) or somebody else's stays as it is.
 */
export function keepPrivate(path: string, mode: number): void {
  const file = openSync(path, 'a', mode)
  try {
    const found = fstatSync(file)
    const kept = found.mode & mode
    if (!found.isFile() || (found.mode & 0o777) === kept) return
    fchmodSync(file, kept)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
  } finally {
    closeSync(file)
  }
}
