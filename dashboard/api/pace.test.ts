import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { allPace, ownPace, Rereads } from './pace.ts'

let reads: number[]
let isUnderWay: boolean
let isSeen: boolean
let rereads: Rereads<object>
const key = {}

beforeEach(() => {
  vi.useFakeTimers()
  vi.setSystemTime(0)
  reads = []
  isUnderWay = false
  isSeen = true
  rereads = new Rereads(() => isSeen)
})
afterEach(() => {
  rereads.clear()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const mark = (pace = allPace): void =>
  rereads.mark(key, pace, { isUnderWay: () => isUnderWay, read: () => void reads.push(Date.now()) })
/** Events `everyMs`, for as long as that. */
const go = (forMs: number, everyMs: number, pace = allPace): void => {
  for (const end = Date.now() + forMs; Date.now() < end; vi.advanceTimersByTime(everyMs)) mark(pace)
}

describe('reading again', () => {
  it('comes soon after a quiet time, once for what comes together', () => {
    for (let at = 0; at < 1000; at++) mark()
    vi.advanceTimersByTime(60_000)
    expect(reads).toEqual([150])
    mark()
    vi.advanceTimersByTime(150)
    expect(reads).toHaveLength(2)
  })

  it('is the seldomer the longer events go on, and never misses the last', () => {
    go(60_000, 20)
    expect(reads).toEqual([150, 5150, 15_150, 25_150, 35_150, 45_150, 55_150])
    vi.advanceTimersByTime(60_000)
    expect(reads.at(-1)).toBe(65_150)
    expect(reads).toHaveLength(8)
  })

  it('of the own project is a matter of a second', () => {
    go(10_000, 20, ownPace)
    expect(reads.slice(0, 4)).toEqual([150, 1150, 2150, 3150])
    expect(reads).toHaveLength(10)
  })

  it('waits for what is under way, so that a slow answer is not asked for again and again', () => {
    isUnderWay = true
    go(20_000, 20)
    expect(reads).toEqual([])
    isUnderWay = false
    vi.advanceTimersByTime(150)
    expect(reads).toHaveLength(1)
  })

  it('is not done while nobody looks, and once when somebody does', () => {
    isSeen = false
    go(600_000, 1000)
    expect(reads).toEqual([])
    isSeen = true
    rereads.seen()
    rereads.seen()
    vi.advanceTimersByTime(60_000)
    expect(reads).toEqual([600_000])
  })

  it('is each key for itself', () => {
    const other = {}
    let others = 0
    mark()
    rereads.mark(other, ownPace, { isUnderWay: () => false, read: () => void others++ })
    vi.advanceTimersByTime(150)
    expect([reads.length, others]).toEqual([1, 1])
  })
})
