import { describe, expect, it } from 'vitest'
import { changedLimits, isAbove, isBelow } from './limits.ts'
import { linesOf } from './queries.ts'

const line = { id: 'shares', limit: 10, used: 4, reserved: 1 } as const

describe('limits of a form', () => {
  it('are sent where they differ, and only there', () => {
    const lines = [line, { ...line, id: 'gigabytes' as const }, { ...line, id: 'snapshots' as const }]
    expect(changedLimits(lines, { shares: 10, gigabytes: -1, snapshots: '' })).toEqual({ gigabytes: -1 })
  })

  it('are below what is used when what is being made counts, and never without a limit', () => {
    expect([isBelow(line, 4), isBelow(line, 5), isBelow(line, -1)]).toEqual([true, false, false])
    expect(isBelow({ ...line, used: null }, 0)).toBe(false)
  })

  it('are above a bound when they are larger or none', () => {
    expect([isAbove(5, 5), isAbove(6, 5), isAbove(-1, 5), isAbove(9, -1)]).toEqual([false, true, true, false])
  })

  it('are read from either answer of the service, in one order', () => {
    expect(
      linesOf({ gigabytes: 5, shares: { limit: 3, in_use: 2, reserved: 1 }, id: 'x', unknown: 3 }),
    ).toEqual([
      { id: 'shares', limit: 3, used: 2, reserved: 1 },
      { id: 'gigabytes', limit: 5, used: null, reserved: 0 },
    ])
  })
})
