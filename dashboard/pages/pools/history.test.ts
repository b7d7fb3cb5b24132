import { describe, expect, it } from 'vitest'
import { linesOf } from './history.ts'

const point = (at: string, used_bytes: number | null) => ({ at, used_bytes, size_bytes: 9, placed_bytes: 3 })

describe('the lines of a history', () => {
  it('have a gap where nobody measured, and none where one moment is late', () => {
    const lines = linesOf(
      [
        point('2026-11-27T10:00:00', 1),
        point('2026-11-27T10:10:00.000000', 2),
        point('2026-11-27T10:50:00', null),
      ],
      300,
    )
    expect(lines.used).toEqual([1, 2, null, null])
    expect(lines.placed).toEqual([3, 3, null, 3])
    expect(lines.times.map((time) => new Date(time).toISOString().slice(11, 16))).toEqual([
      '10:00',
      '10:10',
      '10:15',
      '10:50',
    ])
  })
})
