/** Daemons that outlive this process, known by id and start time: ids are used again. */
import { readdirSync, readFileSync } from 'node:fs'
import { DriverError } from '../../contract/driver.ts'

const stopMs = 10_000
/** What a killed process is given to close its files: an unmount or a slow disk may hold it. */
const leftMs = 5000

export interface Process {
  readonly pid: number
  /** Clock ticks after boot, from /proc: a later process with the same id has another. */
  readonly startedAt: string
}

/** The process `pid` when it is alive and has an argument that ends with `argument`. */
export function processWith(pid: number, argument: string): Process | null {
  if (!Number.isSafeInteger(pid) || pid < 2) return null
  const startedAt = startTime(pid)
  if (startedAt === null || !commandLine(pid).some((one) => one.endsWith(argument))) return null
  return { pid, startedAt }
}

/**
 * Resolves when nothing is left of a process that was killed, its locks included; at once when `pid` is a living one, or after
 * {@link leftMs}. It has no memory long before its last thread has let go of its files.
 */
export async function nothingLeftOf(pid: number): Promise<void> {
  const end = performance.now() + leftMs
  while (performance.now() < end && !hasMemory(pid) && threads(pid) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Threads that still run; one that only waits to be collected has let go of everything. */
function threads(pid: number): number {
  try {
    const all = readdirSync(`/proc/${pid}/task`)
    return all.filter((thread) => startTime(pid, thread) !== null).length
  } catch {
    return 0
  }
}

/** Asks a process to end, insists after {@link stopMs}, and answers when it is gone. */
export async function terminate(process_: Process): Promise<void> {
  const end = performance.now() + stopMs
  signal(process_, 'SIGTERM')
  while (isAlive(process_)) {
    if (performance.now() > end) signal(process_, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 50))
    if (performance.now() > end + 2000) {
      throw new DriverError(`process ${process_.pid} can't be ended`, 'maybe-happened', { retryAfterS: 5 })
    }
  }
}

function signal(process_: Process, name: NodeJS.Signals): void {
  if (!isAlive(process_)) return
  process.kill(process_.pid, name)
}

/** One that was killed is listed until its last thread is gone; it has no memory by then. */
export function isAlive(process_: Process | null): process_ is Process {
  return process_ !== null && startTime(process_.pid) === process_.startedAt && hasMemory(process_.pid)
}

/**
 * Field 1 of /proc/PID/statm (proc_pid_statm(5)) is 0 for a process that let go of its memory. Its command line would not tell: that of a living
 * one is empty, too, while it begins another program.
 */
export function hasMemory(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/statm`, 'utf8').startsWith('0 ')
  } catch {
    return false
  }
}

/** Field 22 of /proc/PID/stat; null for a process that is gone or only waits to be collected. */
function startTime(pid: number, thread?: string): string | null {
  try {
    // The name in brackets may hold anything; the fields after the last bracket don't.
    const fields = readFileSync(`/proc/${pid}/${thread === undefined ? '' : `task/${thread}/`}stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .filter((part) => part !== '')
  } catch {
    return []
  }
}
