/** The table that the bench prints, and what the figures were taken on. */
import { readFileSync, statfsSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { percentile } from './timing.ts'

export interface Figure {
  /** What was measured, and on what. */
  readonly what: string
  readonly value: string
  /** What it says beside other figures; '' where there is nothing to say. */
  readonly remark: string
}

export const figure = (what: string, value: string, remark = ''): Figure => ({ what, value, remark })

/** Milliseconds with three digits that mean something. */
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`

/** `p50 1.20 ms   p99 4.50 ms` */
export const spread = (values: readonly number[]): string =>
  `p50 ${ms(percentile(values, 50)).padStart(8)}   p99 ${ms(percentile(values, 99)).padStart(8)}`

export const perSecond = (count: number, milliseconds: number): string =>
  `${((count * 1000) / milliseconds).toFixed(1)} /s`

/** `2.3 ×` */
export const ratio = (a: number, b: number): string => `${(a / b).toFixed(2)} ×`

/** Resident bytes of a process, now and at most. */
export function memoryOf(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
  return { now: kib('VmRSS') * 1024, most: kib('VmHWM') * 1024 }
}

/** Milliseconds that a process has had of a processor; counted in hundredths of a second. */
export function processorOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

export const bytes = (value: number): string =>
  `${value.toLocaleString('en-US')} bytes (${(value / 1_048_576).toFixed(0)} MiB)`

/** Where the figures come from: figures of different machines say nothing about one another. */
export function machine(dir: string): string[] {
  const [first] = cpus()
  const [oneMinute = 0] = loadavg()
  // Magic numbers of statfs(2).
  const names: Readonly<Record<number, string>> = {
    0xef53: 'ext4',
    0x01021994: 'tmpfs',
    0x9123683e: 'btrfs',
    0x58465342: 'xfs',
    0x794c7630: 'overlayfs',
  }
  const type = statfsSync(dir).type
  const busy = oneMinute > cpus().length / 2
  return [
    `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${bytes(totalmem())} of memory`,
    `Linux ${release()}, Node ${process.version}, state on ${names[type] ?? `file system type ${type}`}`,
    `load average ${oneMinute.toFixed(2)} at the start${busy ? ': THE MACHINE IS BUSY, figures are worse than they could be' : ''}`,
  ]
}

/** Prints figures under a heading, in columns. */
export function print(heading: string, figures: readonly Figure[]): void {
  const width = (of: (one: Figure) => string): number => Math.max(...figures.map((one) => of(one).length))
  const [what, value] = [width((one) => one.what), width((one) => one.value)]
  console.log(`\n${heading}`)
  for (const one of figures)
    console.log(`  ${one.what.padEnd(what)}  ${one.value.padEnd(value)}  ${one.remark}`.trimEnd())
}
