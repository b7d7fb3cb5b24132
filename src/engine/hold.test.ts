import { afterEach, describe, expect, test, vi } from 'vitest'
import { Hold, monotonicMs } from './hold.ts'
import { leaseTtlS } from '../db/store/leases.ts'

afterEach(() => vi.restoreAllMocks())

/** The process slept: its clock went on. */
function later(ms: number): void {
  const then = performance.now() + ms
  vi.spyOn(performance, 'now').mockReturnValue(then)
}

describe('a hold', () => {
  test('of nothing does not last', () => {
    expect(new Hold().lasts).toBe(false)
  })

  test('ends by itself before its lease does', () => {
    const hold = new Hold()
    hold.taken(['instance:a'], monotonicMs())
    expect(hold.lasts).toBe(true)
    later(leaseTtlS * 1000 - 500)
    expect(hold.lasts).toBe(false)
  })

  test('lasts from the renewal that was asked for last', () => {
    const hold = new Hold()
    const start = monotonicMs()
    hold.taken(['instance:a'], start)
    hold.renewed(start + 3000)
    // An answer that was overtaken says nothing new.
    hold.renewed(start + 1000)
    later(leaseTtlS * 1000)
    expect(hold.lasts).toBe(true)
  })
})
