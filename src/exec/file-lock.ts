/**
 * The one advisory lock that Node can take in process and that the kernel drops when the process is killed: SQLite's, on an
 * empty database file. Nothing is ever stored in that file.
 */
import { DatabaseSync } from 'node:sqlite'

export interface FileLock extends Disposable {
  /** False: somebody else has it, in this process or another. Throws when the file can't be opened. */
  tryTake(): boolean
  /** Only after {@link tryTake} answered true. */
  letGo(): void
}

const SQLITE_BUSY = 5

/** The lock on `file`, which is opened, and made when absent, as soon as it is wanted. */
export function fileLock(file: string): FileLock {
  let database: DatabaseSync | null = null
  return {
    tryTake() {
      if (!database) {
        database = new DatabaseSync(file)
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
    },
    letGo() {
      // Not `commit`: on an empty file SQLite would want to write its header then, and fail while another process looks.
      database?.exec('rollback')
    },
    [Symbol.dispose]() {
      database?.close()
      database = null
    },
  }
}
