/** Rounds of steps, each step on one target after the other, so that whatever else the machine does, it does to all. */
import { percentile } from '../timing.ts'
import { cpuMs, machineCpuMs, weightOf, type Weight } from './processes.ts'
import { steps, type Load, type Step } from './steps.ts'
import type { Target } from './target.ts'

/** Of one step on one target in one round, or the medians of all rounds. */
export interface Cell {
  /** Milliseconds of one operation. */
  readonly p50: number
  readonly p99: number
  readonly perSecond: number
  /** Milliseconds of processor time for one operation, by process. */
  readonly cpu: Readonly<Record<string, number>>
  /** For one operation, waiting and all; null where nobody may look. */
  readonly statements: number | null
  readonly transactions: number | null
  /** Processors that were busy with something else than the target and this program. */
  readonly others: number
  /** How many requests had to be sent again. */
  readonly putOff: number
}

export interface Rest {
  readonly weights: Readonly<Record<string, Weight>>
  /** Thousandths of one processor. */
  readonly cpu: Readonly<Record<string, number>>
}

export interface Measured {
  readonly target: string
  readonly rest: Rest
  readonly cells: ReadonlyMap<string, Cell>
  /** By step, round by round. */
  readonly rounds: ReadonlyMap<string, readonly Cell[]>
}

/** Milliseconds that a target is left alone before it is weighed, and then watched. Ours gives memory back after five minutes. */
const settleMs = 330_000
const idleMs = 10_000
/** After a step: what it left to do is part of it. */
const quietMs = 500

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export async function measureRounds(
  targets: readonly Target[],
  load: Load,
  rounds: number,
  say: (line: string) => void,
): Promise<Measured[]> {
  const cells = targets.map(() => new Map<string, Cell[]>(steps.map(({ name }) => [name, []])))
  // Whoever is asked first compiles for those after it, and fills caches.
  for (const target of targets) for (const step of steps) await warm(step, target, warming(load), warmMs)
  const rests = await Promise.all(targets.map(atRest))
  for (let round = 0; round < rounds; round++) {
    // Who is first changes.
    const order = [...targets.entries()]
    if (round % 2 === 1) order.reverse()
    for (const step of steps)
      for (const [index, target] of order) {
        // It rested while the others were asked.
        await warm(step, target, waking(load), wakeMs)
        const cell = await once(step, target, load)
        cells[index]?.get(step.name)?.push(cell)
        say(`round ${round + 1}, ${target.name}, ${step.name}: p50 ${cell.p50.toFixed(1)} ms`)
      }
  }
  return targets.map(({ name }, index) => {
    const all = cells[index] ?? new Map<string, Cell[]>()
    const middle = new Map([...all].map(([step, of]) => [step, medianOf(of)]))
    return { target: name, rest: rests[index]!, cells: middle, rounds: all }
  })
}

/** As long each target is asked for some of everything, step by step: what was asked often is compiled then, as it is a minute after a start. */
const warmMs = 15_000
/** Before each step that counts: whoever rested for a minute finds his caches cold. */
const wakeMs = 3000

async function warm(step: Step, target: Target, load: Load, forMs: number): Promise<void> {
  const began = performance.now()
  do await once(step, target, load)
  while (performance.now() - began < forMs)
}

const warming = (load: Load): Load => ({
  alone: 5,
  many: Math.min(100, load.many),
  rules: 10,
  churned: 16,
  lists: 100,
  shows: 1000,
})

const waking = (load: Load): Load => ({
  alone: 2,
  many: Math.min(16, load.many),
  rules: 2,
  churned: 8,
  lists: 16,
  shows: 200,
})

async function once(step: Step, target: Target, load: Load): Promise<Cell> {
  const tidying: (() => Promise<void>)[] = []
  const counted = await target.counters?.read()
  const before = spentBy(target)
  const { times } = target.putOff
  const [machine, own, began] = [machineCpuMs(), process.cpuUsage(), performance.now()]
  const took = await step.run(target, load, (tidy) => void tidying.push(tidy))
  const tookMs = performance.now() - began
  await pause(quietMs)
  const after = spentBy(target)
  const { user, system } = process.cpuUsage(own)
  const wholeMs = performance.now() - began
  const machineMs = machineCpuMs() - machine
  const countedAfter = await target.counters?.read()
  for (const tidy of tidying) await tidy()
  const operations = step.operations(load)
  const each = (total: number): number => total / operations
  const cpu = Object.fromEntries([...after].map(([name, ms]) => [name, each(ms - (before.get(name) ?? 0))]))
  const sumMs = [...after].reduce((sum, [name, ms]) => sum + ms - (before.get(name) ?? 0), 0)
  const known = counted !== undefined && countedAfter !== undefined
  return {
    p50: percentile(took, 50),
    p99: percentile(took, 99),
    perSecond: (operations * 1000) / tookMs,
    cpu,
    statements: known ? each(countedAfter.statements - counted.statements) : null,
    transactions: known ? each(countedAfter.transactions - counted.transactions) : null,
    putOff: target.putOff.times - times,
    others: Math.max(0, (machineMs - sumMs - (user + system) / 1000) / wholeMs),
  }
}

const spentBy = ({ pids }: Target): Map<string, number> =>
  new Map([...pids].map(([name, of]) => [name, cpuMs(of)]))

async function atRest(target: Target): Promise<Rest> {
  await pause(settleMs)
  const before = spentBy(target)
  const began = performance.now()
  await pause(idleMs)
  const passed = performance.now() - began
  return {
    weights: Object.fromEntries([...target.pids].map(([name, of]) => [name, weightOf(of)])),
    cpu: Object.fromEntries(
      [...spentBy(target)].map(([name, ms]) => [name, ((ms - (before.get(name) ?? 0)) * 1000) / passed]),
    ),
  }
}

function medianOf(cells: readonly Cell[]): Cell {
  const middle = (of: (cell: Cell) => number): number => percentile(cells.map(of), 50)
  const known = (of: (cell: Cell) => number | null): number | null => {
    const values = cells.map(of).filter((one) => one !== null)
    return values.length === 0 ? null : percentile(values, 50)
  }
  const names = Object.keys(cells[0]?.cpu ?? {})
  return {
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
    perSecond: middle(({ perSecond }) => perSecond),
    cpu: Object.fromEntries(names.map((name) => [name, middle(({ cpu }) => cpu[name] ?? 0)])),
    statements: known(({ statements }) => statements),
    transactions: known(({ transactions }) => transactions),
    others: middle(({ others }) => others),
    // Not the middle: that it happened at all is what matters.
    putOff: cells.reduce((all, { putOff }) => all + putOff, 0),
  }
}
