/** One exclusive lock per backend directory, shared by every process that serves it. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileLock } from '../../exec/file-lock.ts'

export interface Lock extends Disposable {
  /**
   * Runs `work`, which must be synchronous, while nobody else holds the lock. Throws {@link LockTimeout} when it can't
   * be had within `waitMs`, or when `signal` aborts first; then `work` has not run.
   */
  hold<T>(waitMs: number, signal: AbortSignal | null, work: () => T): Promise<T>
}

export class LockTimeout extends Error {}

/** Opens, lazily, the lock of the backend in `dir`. */
export function openLock(dir: string): Lock {
  const lock = fileLock(join(dir, 'lock.db'))
  return {
    async hold(waitMs, signal, work) {
      const end = performance.now() + waitMs
      while (!lock.tryTake()) {
        if (signal?.aborted || performance.now() >= end) throw new LockTimeout(`no lock in ${waitMs} ms`)
        // A holder needs well under a millisecond; a longer nap would only add latency.
        await sleep(1)
      }
      try {
        return work()
      } finally {
        lock.letGo()
      }
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  }
}
