/** An NFS client in user space (libnfs-utils): no mount, no privileges; speaks NFSv4.0. */
import { execFile } from 'node:child_process'
import type { Need } from './packages.ts'

export const nfsClientNeed: Need = {
  program: 'nfs-cp',
  debianPackage: 'libnfs-utils',
  why: 'an NFS client that needs no mount, to write a file and read it back',
}

export interface NfsTarget {
  readonly host: string
  readonly port: number
  /** As exported: `/name`. */
  readonly path: string
}

export interface NfsResult {
  readonly ok: boolean
  /** What the client said, for people. */
  readonly said: string
}

const url = ({ host, port, path }: NfsTarget, file: string): string =>
  `nfs://${host}${path}${file === '' ? '' : `/${file}`}?version=4&nfsport=${port}`

/** Copies a local file to the share. */
export const nfsPut = (
  target: NfsTarget,
  local: string,
  file: string,
  timeoutMs = 120_000,
): Promise<NfsResult> => run('nfs-cp', [local, url(target, file)], timeoutMs)

/** Copies a file of the share to a local one. */
export const nfsGet = (
  target: NfsTarget,
  file: string,
  local: string,
  timeoutMs = 120_000,
): Promise<NfsResult> => run('nfs-cp', [url(target, file), local], timeoutMs)

export const nfsList = (target: NfsTarget, timeoutMs = 30_000): Promise<NfsResult> =>
  run('nfs-ls', [url(target, '')], timeoutMs)

function run(program: string, args: readonly string[], timeoutMs: number): Promise<NfsResult> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: timeoutMs, maxBuffer: 1024 * 1024 }, (error, stdout, stderr) => {
      const text = `${stderr}${stdout}`.trim()
      // The tools report some failures only in words and end with 0.
      const failed = error !== null || /failed|error/i.test(stderr)
      resolve({ ok: !failed, said: text.split('\n').slice(-1)[0] ?? '' })
    })
  })
}
