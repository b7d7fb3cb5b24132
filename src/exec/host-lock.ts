/** One lock per file for all processes of this host, held for as long as a call of a driver takes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ExecError } from './exec.ts'
import { fileLock } from './file-lock.ts'

export interface HostLockOptions {
  /** Milliseconds to wait for whoever has it. */
  readonly waitMs: number
  readonly signal?: AbortSignal
}

/** Lets go of the lock; resolves when others can have it. */
export type Release = () => Promise<void>

export type HostLock = (file: string, options: HostLockOptions) => Promise<Release>

/** Milliseconds between two looks. Who has it is starting a daemon or mounting: a second or so. */
const lookMs = 10

const nothing = { code: -1, stdout: '', stderr: '' }

/** Takes the lock on `file` (absolute; made when absent). Throws {@link ExecError}: `missing`, `deadline` or `aborted`. */
export const hostLock: HostLock = async (file, { waitMs, signal }) => {
  const lock = fileLock(file)
  const refuse = (kind: 'missing' | 'deadline' | 'aborted', why: string): ExecError => {
    lock[Symbol.dispose]()
    return new ExecError(`the lock ${file} was not taken: ${why}`, kind, nothing)
  }
  const take = (): boolean => {
    try {
      return lock.tryTake()
    } catch (error) {
      throw refuse('missing', (error as Error).message)
    }
  }
  const end = performance.now() + waitMs
  for (;;) {
    if (signal?.aborted === true) throw refuse('aborted', 'the call was stopped')
    if (take()) break
    if (performance.now() >= end) throw refuse('deadline', `somebody has had it for ${waitMs / 1000} s`)
    await sleep(lookMs, undefined, { signal }).catch(() => {})
  }
  return async () => lock[Symbol.dispose]()
}
