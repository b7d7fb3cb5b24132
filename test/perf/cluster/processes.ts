/** What processes use of the machine, from /proc: each with all that it started. */
import { readFileSync } from 'node:fs'

/** Names to the processes at the root of what the name means. */
export type Pids = ReadonlyMap<string, readonly number[]>

const text = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended meanwhile.
    return ''
  }
}

/** Clock ticks are hundredths of a second on every Linux that there is. */
const tickMs = 10

/**
 * Milliseconds of processor time of the processes, of what they started, and of what ended and was collected: a command of a
 * tenth of a second is in it, though nobody saw it run.
 */
export function cpuMs(pids: readonly number[]): number {
  return tree(pids).reduce((sum, pid) => {
    const fields = text(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
    const [user = 0, system = 0, ofUser = 0, ofSystem = 0] = fields.slice(11, 15).map(Number)
    return sum + (user + system + ofUser + ofSystem) * tickMs
  }, 0)
}

/** Milliseconds that all processors of the machine were busy since it was started. */
export function machineCpuMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = text('/proc/stat')
    .split('\n', 1)[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq) * tickMs
}

export interface Weight {
  /** Bytes; what processes share is counted in each. */
  readonly rss: number
  /** Bytes; what processes share is divided among them. */
  readonly pss: number
}

export function weightOf(pids: readonly number[]): Weight {
  let [rss, pss] = [0, 0]
  for (const pid of tree(pids)) {
    const rollup = text(`/proc/${pid}/smaps_rollup`)
    const kib = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0)
    rss += kib('Rss') * 1024
    pss += kib('Pss') * 1024
  }
  return { rss, pss }
}

/** Each once, though a child may be named beside its parent. */
function tree(pids: readonly number[]): number[] {
  const all = new Set(pids)
  // A set is walked to its end, and what is found on the way is its end.
  for (const pid of all)
    for (const child of text(`/proc/${pid}/task/${pid}/children`).split(' '))
      if (child !== '') all.add(Number(child))
  return [...all]
}
