/**
 * One exclusive lock per backend directory, shared by every process that serves it. Node has no `flock`; SQLite's
 * lock on an empty database file is the one advisory lock it can take in process that the kernel drops when a process
 * is killed. Nothing is ever stored in that file.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Lock extends Disposable {
  /**
   * Runs `work`, which must be synchronous, while nobody else holds the lock. Throws {@link LockTimeout} when it can't
   * be had within `waitMs`, or when `signal` aborts first; then `work` has not run.
   */
  hold<T>(waitMs: number, signal: AbortSignal | null, work: () => T): Promise<T>
}

export class LockTimeout extends Error {}

const SQLITE_BUSY = 5

/** Opens, lazily, the lock of the backend in `dir`. */
export function openLock(dir: string): Lock {
  let database: DatabaseSync | null = null
  const tryBegin = (): boolean => {
    if (!database) {
      database = new DatabaseSync(join(dir, 'lock.db'))
      // Waiting inside SQLite would block the event loop.
      database.exec('pragma busy_timeout = 0')
    }
    try {
      database.exec('begin immediate')
      return true
    } catch (error) {
      if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false
      throw error
    }
  }
  return {
    async hold(waitMs, signal, work) {
      const end = performance.now() + waitMs
      while (!tryBegin()) {
        if (signal?.aborted || performance.now() >= end) throw new LockTimeout(`no lock in ${waitMs} ms`)
        // A holder needs well under a millisecond; a longer nap would only add latency.
        await sleep(1)
      }
      try {
        return work()
      } finally {
        // Not `commit`: on an empty file SQLite would want to write its header then, and fail while another process looks.
        database?.exec('rollback')
      }
    },
    [Symbol.dispose]() {
      database?.close()
      database = null
    },
  }
}
