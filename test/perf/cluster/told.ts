/** The tables of a cluster's measurement, as text. */
import type { Cell, Measured } from './rounds.ts'

/** Rows of columns, aligned; the first column to the left, numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
}

const short = (value: number | null): string =>
  value === null ? '–' : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
const mib = (bytes: number): string => (bytes / 1_048_576).toFixed(0)
const sum = (values: Iterable<number>): number => [...values].reduce((all, one) => all + one, 0)
export const cpuOf = ({ cpu }: Cell): number => sum(Object.values(cpu))

/** One target: a row per step, then what it weighs at rest. */
export function tablesOf({ target, cells, rest }: Measured): string[] {
  const names = Object.keys(rest.weights)
  const head = ['', 'p50 ms', 'p99 ms', '/s', ...names.map((name) => `${name} CPU-ms`), 'all CPU-ms']
  const steps = [...cells].map(([step, cell]) => [
    step,
    short(cell.p50),
    short(cell.p99),
    short(cell.perSecond),
    ...names.map((name) => short(cell.cpu[name] ?? 0)),
    names.length === 0 ? '–' : short(cpuOf(cell)),
    short(cell.statements),
    short(cell.transactions),
    short(cell.others),
    String(cell.putOff),
  ])
  const weights = names.map((name) => [
    name,
    mib(rest.weights[name]?.rss ?? 0),
    mib(rest.weights[name]?.pss ?? 0),
    short(rest.cpu[name] ?? 0),
  ])
  const all = Object.values(rest.weights)
  const total = [
    'all',
    mib(sum(all.map(({ rss }) => rss))),
    mib(sum(all.map(({ pss }) => pss))),
    short(sum(Object.values(rest.cpu))),
  ]
  return [
    `${target}, for one operation`,
    ...table([[...head, 'statements', 'transactions', 'others', 'put off'], ...steps]),
    ...(names.length === 0
      ? []
      : ['', `${target}, at rest`, ...table([['', 'RSS MiB', 'PSS MiB', 'CPU-ms/s'], ...weights, total])]),
  ]
}

/** How many times the first is better than the other: less time, more of them, less of a processor, less memory. */
export function ratiosOf(mine: Measured, theirs: Measured): string[] {
  const times = (a: number, b: number): string => (a > 0 && b > 0 ? `${(b / a).toFixed(1)} ×` : '–')
  const steps = [...mine.cells].map(([step, cell]) => {
    const other = theirs.cells.get(step) as Cell
    return [
      step,
      times(cell.p50, other.p50),
      times(cell.p99, other.p99),
      times(other.perSecond, cell.perSecond),
      times(cpuOf(cell), cpuOf(other)),
      times(cell.statements ?? 0, other.statements ?? 0),
      times(cell.transactions ?? 0, other.transactions ?? 0),
    ]
  })
  const pss = ({ rest }: Measured): number => sum(Object.values(rest.weights).map((one) => one.pss))
  const idle = ({ rest }: Measured): number => sum(Object.values(rest.cpu))
  return [
    `${theirs.target} beside ${mine.target}: how many times as much`,
    ...table([['', 'p50', 'p99', 'rate', 'CPU', 'statements', 'transactions'], ...steps]),
    `at rest: PSS ${times(pss(mine), pss(theirs))}, CPU ${times(idle(mine), idle(theirs))}`,
  ]
}

/** What each route, and each step of each kind of operation, asks of the database: totals of `metrics` divided by what ended. */
export function useTable(page: string): string[] {
  const values = new Map<string, Map<string, number>>()
  const line = /^manila_database_(\w+)_total\{of="([^"]*)",step="([^"]*)"\} (\S+)$/gm
  for (const [, what = '', of = '', step = '', value] of page.matchAll(line)) {
    const key = `${of}\n${step}`
    const known = values.get(key) ?? new Map<string, number>()
    known.set(what, (known.get(what) ?? 0) + Number(value))
    values.set(key, known)
  }
  const ended = endedIn(page)
  const rows = [...values]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, of]) => {
      const [name = '', step = ''] = key.split('\n')
      const times = ended.get(name) ?? 0
      if (times === 0) return []
      const each = (what: string): string => short((of.get(what) ?? 0) / times)
      return [
        [
          step === '' ? name : `  ${step}`,
          String(times),
          ...['statements', 'transactions', 'round_trips', 'sent_bytes', 'received_bytes'].map(each),
        ],
      ]
    })
  return table([
    ['', 'ended', 'statements', 'transactions', 'round trips', 'bytes sent', 'received'],
    ...rows,
  ])
}

function endedIn(page: string): ReadonlyMap<string, number> {
  const ended = new Map<string, number>()
  const add = (name: string, count: number): void => void ended.set(name, (ended.get(name) ?? 0) + count)
  for (const [, route = '', count] of page.matchAll(
    /^manila_api_request_duration_seconds_count\{method="\w+",route="([^"]*)",status="2\d\d"\} (\d+)$/gm,
  ))
    add(route, Number(count))
  for (const [, kind = '', count] of page.matchAll(
    /^manila_operation_duration_seconds_count\{kind="([^"]*)",outcome="\w+"\} (\d+)$/gm,
  ))
    add(kind, Number(count))
  return ended
}
