/**
 * One lock per file for all processes of this host. Node has no flock, so a child holds it: `flock FILE cat` answers a line when it has
 * the lock and gives it back when its input closes, which the death of this process does too.
 */
import { spawn } from 'node:child_process'
import { ExecError } from './exec.ts'
import { searchPath } from './local.ts'

export interface HostLockOptions {
  /** Milliseconds to wait for whoever has it. */
  readonly waitMs: number
  readonly signal?: AbortSignal
}

/** Lets go of the lock; resolves when others can have it. */
export type Release = () => Promise<void>

export type HostLock = (file: string, options: HostLockOptions) => Promise<Release>

const nothing = { code: -1, stdout: '', stderr: '' }

/** Takes the lock on `file` (absolute; made when absent). Throws {@link ExecError}: `missing`, `deadline` or `aborted`. */
export const hostLock: HostLock = async (file, { waitMs, signal }) => {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'flock', '-x', '-o', '--', file, 'cat'], {
    env: { PATH: searchPath, LANG: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
    // Signals of a terminal are for the service, which lets go by itself.
    detached: true,
  })
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve())
    child.on('error', () => resolve())
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const refuse = (kind: 'missing' | 'deadline' | 'aborted', why: string): void => {
    reject(new ExecError(`the lock ${file} was not taken: ${why}`, kind, nothing))
  }
  const timer = setTimeout(() => refuse('deadline', `somebody has had it for ${waitMs / 1000} s`), waitMs)
  const onAbort = (): void => refuse('aborted', 'the call was stopped')
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted === true) onAbort()
  child.on('error', () => refuse('missing', 'setpriv or flock is not installed (package util-linux)'))
  child.on('exit', () => refuse('missing', 'flock ended'))
  child.stdout.on('data', () => resolve())
  child.stdin.on('error', () => {})
  // It comes back only through a `cat` that the lock has let run.
  child.stdin.write('\n')
  try {
    await promise
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
  return async () => {
    child.stdin.end()
    await ended
  }
}
