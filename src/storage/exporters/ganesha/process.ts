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
  const seen = look(pid)
  if (seen?.living !== true || !commandLine(pid).some((one) => one.endsWith(argument))) return null
  return { pid, startedAt: seen.startedAt }
}

/**
 * Resolves when nothing is left of a process that was killed, its locks included; at once when `pid` is a living one, or after
 * {@link leftMs}. It has no memory long before its last thread has let go of its files.
 */
export async function nothingLeftOf(pid: number): Promise<void> {
  const end = performance.now() + leftMs
  while (performance.now() < end && !isLiving(pid) && threads(pid) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Threads that still run; one that only waits to be collected has let go of everything. */
function threads(pid: number): number {
  try {
    const all = readdirSync(`/proc/${pid}/task`)
    return all.filter((thread) => look(pid, thread) !== null).length
  } catch {
    return 0
  }
}

/** Asks a process to end, insists after {@link stopMs}, and answers when it is gone and its files are closed. */
export async function terminate(process_: Process): Promise<void> {
  const { pid } = process_
  const end = performance.now() + stopMs
  signal(process_, 'SIGTERM')
  while (isAlive(process_)) {
    if (performance.now() > end) signal(process_, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 50))
    if (performance.now() > end + 2000) {
      throw new DriverError(`process ${pid} can't be ended`, 'maybe-happened', { retryAfterS: 5 })
    }
  }
  await nothingLeftOf(pid)
}

function signal(process_: Process, name: NodeJS.Signals): void {
  if (!isAlive(process_)) return
  process.kill(process_.pid, name)
}

/** Of one that is ending nothing is to be expected any more, whoever of its threads is still listed. */
export function isAlive(process_: Process | null): process_ is Process {
  if (process_ === null) return false
  const seen = look(process_.pid)
  return seen?.living === true && seen.startedAt === process_.startedAt
}

/** Whether there is a process of this id that is not ending. */
export const isLiving = (pid: number): boolean => look(pid)?.living === true

interface Seen {
  readonly startedAt: string
  readonly living: boolean
}

/** PF_EXITING and PF_SIGNALED of the kernel's sched.h: it leaves, and a signal was the reason. */
const leavingFlags = 0x4 | 0x400
/** SIGKILL among pending signals: their first is bit 0. */
const killed = 1 << 8

/**
 * What /proc/PID/stat says (proc_pid_stat(5)); null for one that is gone or only waits to be collected. A signal that kills is pending for each
 * thread from the moment at which it was sent, until the thread is flagged; both last as long as the processors are busy with others, or a core
 * is written. Then it has no memory (field 23). Its command line would not tell: that of a living one is empty, too, while it begins
 * another program.
 */
function look(pid: number, thread?: string): Seen | null {
  try {
    // The name in brackets may hold anything; the fields after the last bracket, which are the third and on, don't.
    const fields = readFileSync(`/proc/${pid}/${thread === undefined ? '' : `task/${thread}/`}stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    const field = (number: number): string => fields[number - 3] ?? ''
    if (field(3) === 'Z' || field(22) === '') return null
    const leaves = (Number(field(9)) & leavingFlags) !== 0 || (Number(field(31)) & killed) !== 0
    return { startedAt: field(22), living: !leaves && field(23) !== '0' }
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
