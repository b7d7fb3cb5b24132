import { expect, test } from 'vitest'
import { curveOf } from './curve.ts'

const point = (minute: number, used_bytes: number | null) => ({
  at: new Date(minute * 60_000).toISOString().replace('Z', '000'),
  size_bytes: 10,
  used_bytes,
})

test('points that follow one another are a line; what is missing between them is a gap', () => {
  const points = [point(0, 1), point(5, 2), point(20, 3), point(25, null)]
  expect(curveOf({ step_s: 300, points })).toEqual({
    times: [0, 5, 10, 20, 25].map((minute) => minute * 60_000),
    used: [1, 2, null, 3, null],
    sizes: [10, 10, null, 10, 10],
  })
})

test('of nothing nothing', () => {
  expect(curveOf(undefined)).toEqual({ times: [], used: [], sizes: [] })
})
