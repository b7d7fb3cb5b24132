/** Pictures of what was measured, from the file that `--json` wrote. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { svgOf, type Chart } from '../plot.ts'
import type { Cell, Rest } from './rounds.ts'

export interface Kept {
  readonly measured: readonly {
    readonly target: string
    readonly rest: Rest
    readonly medians: Readonly<Record<string, Cell>>
  }[]
}

/** Writes `<name>-cpu.svg`, `<name>-time.svg` and `<name>-memory.svg` into `dir`; answers their paths. */
export function writePlots({ measured }: Kept, dir: string, name: string): string[] {
  mkdirSync(dir, { recursive: true })
  const alone = measured.length === 1
  const called = (step: string, target: string): string => (alone ? step : `${step}, ${target}`)
  const steps = Object.keys(measured[0]?.medians ?? {})
  const rows = steps.flatMap((step) => measured.map((one) => ({ step, one, cell: one.medians[step] })))
  const parts = [...new Set(measured.flatMap(({ rest }) => Object.keys(rest.weights)))]
  const charts: Readonly<Record<string, Chart>> = {
    cpu: {
      title: 'Processor time of one operation',
      unit: 'ms',
      parts,
      bars: rows.map(({ step, one, cell }) => ({
        label: called(step, one.target),
        values: parts.map((part) => cell?.cpu[part] ?? 0),
      })),
    },
    time: {
      title: 'Time of one operation, half of all',
      unit: 'ms',
      parts: ['p50'],
      logarithmic: true,
      bars: rows.map(({ step, one, cell }) => ({
        label: called(step, one.target),
        values: [cell?.p50 ?? 0],
      })),
    },
    memory: {
      title: 'Memory at rest, what is shared divided (PSS)',
      unit: 'MiB',
      parts,
      bars: measured.map(({ target, rest }) => ({
        label: target,
        values: parts.map((part) => (rest.weights[part]?.pss ?? 0) / 1_048_576),
      })),
    },
  }
  return Object.entries(charts).map(([what, chart]) => {
    const path = join(dir, `${name}-${what}.svg`)
    writeFileSync(path, svgOf(chart))
    return path
  })
}
