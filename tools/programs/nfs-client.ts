/**
 * The NFS client of libnfs-utils: other people's code, beside our own in nfs4/, so that what ours wrote is proven by a
 * second reader. It reads and lists; Debian's version 4.0 can't write more than some 3 KB, nor overwrite.
 */
import { localExec } from '../../src/exec/local.ts'
import { ExecError } from '../../src/exec/exec.ts'
import type { Need } from './packages.ts'

export const nfsClientNeed: Need = {
  program: 'nfs-cat',
  debianPackage: 'libnfs-utils',
  why: 'a second NFS client that needs no mount, to read back what ours wrote',
}

export interface NfsTarget {
  readonly host: string
  readonly port: number
  /** As exported: `/name`. */
  readonly path: string
}

export interface NfsResult {
  readonly ok: boolean
  /** What the client printed: the file's text, the listing, or why it failed. */
  readonly said: string
}

const url = ({ host, port, path }: NfsTarget, file: string): string =>
  `nfs://${host}${path}${file === '' ? '' : `/${file}`}?version=4&nfsport=${port}`

/** Reads a text file of at most `maxBytes` (default 4 MiB). */
export const nfsCat = (
  target: NfsTarget,
  file: string,
  { timeoutMs = 30_000, maxBytes = 4 * 1024 * 1024 }: { timeoutMs?: number; maxBytes?: number } = {},
): Promise<NfsResult> => run(['nfs-cat', url(target, file)], timeoutMs, maxBytes)

/** Lists the top directory. */
export const nfsList = (target: NfsTarget, timeoutMs = 30_000): Promise<NfsResult> =>
  run(['nfs-ls', url(target, '')], timeoutMs, 1024 * 1024)

async function run(argv: readonly string[], deadlineMs: number, maxOutputBytes: number): Promise<NfsResult> {
  try {
    const { stdout, stderr } = await localExec().run(argv, { deadlineMs, maxOutputBytes })
    // The tools report some failures only in words and end with 0.
    const failed = /failed|error/i.test(stderr)
    return { ok: !failed, said: failed ? stderr.trim() : stdout }
  } catch (error) {
    if (error instanceof ExecError) return { ok: false, said: error.message }
    throw error
  }
}
