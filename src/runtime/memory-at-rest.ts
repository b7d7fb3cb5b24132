/**
 * What a burst of work took from the host is given back when the process rests. V8 by itself keeps the room that young objects once
 * needed: an API that sent a thousand long lists has four times the memory that it uses, for as long as it lives.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const mib = 2 ** 20
const lookMs = 10_000
/**
 * Looks one after the other at which the thread was busy for no more than this part of the time. With the memory goes the code that was
 * compiled, and the first hundreds of requests after it cost two to three times as much: a pause of minutes is none.
 */
export const quietLooks = 30
const atRest = 0.02
/** Bytes by which the heap has grown since the last time: giving back stops the thread for 0.1 to 0.2 s. */
const worthwhile = 16 * mib

/** When it is time. */
export class Resting {
  #quiet = 0
  #leftBytes = 0

  /** True when the process rests, has rested, and has something to give back. Told at each look. */
  isTime(busy: number, heapBytes: number): boolean {
    this.#quiet = busy <= atRest ? this.#quiet + 1 : 0
    return this.#quiet >= quietLooks && heapBytes >= this.#leftBytes + worthwhile
  }

  /** `heapBytes` are left. */
  gaveBack(heapBytes: number): void {
    this.#leftBytes = heapBytes
    this.#quiet = 0
  }
}

/** For as long as the process lives. */
export function giveBackAtRest(): void {
  const resting = new Resting()
  const heapBytes = (): number => getHeapStatistics().total_heap_size
  let collect: Collect | null = null
  let before: EventLoopUtilization = performance.eventLoopUtilization()
  setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    if (!resting.isTime(utilization, heapBytes())) return
    collect ??= collector()
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    resting.gaveBack(heapBytes())
  }, lookMs).unref()
}

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

/** The only way to V8's collector from within; the flag would have to stand on every command line. */
function collector(): Collect {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as Collect
}
