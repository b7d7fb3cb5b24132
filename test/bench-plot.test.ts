import { expect, test } from 'vitest'
import { svgOf } from './perf/plot.ts'

const widths = (svg: string): number[] =>
  [...svg.matchAll(/<rect x="[\d.]+" y="(?!36)\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width))

test('bars are as long as their values, and stand behind one another', () => {
  const svg = svgOf({
    title: 'a < b',
    unit: 'ms',
    parts: ['one', 'other'],
    bars: [
      { label: 'x', values: [1, 3] },
      { label: 'y', values: [2, 0] },
    ],
  })
  const [a = 0, b = 0, c = 0, d = 0] = widths(svg)
  expect([b / a, c / a, d]).toEqual([expect.closeTo(3, 1), expect.closeTo(2, 1), 0])
  expect(svg).toContain('a &lt; b, ms')
  expect(svg).toContain('>4.00</text>')
})

test('a scale of magnitudes keeps the smallest in sight, and nothing is no bar', () => {
  const bars = [1, 10, 100, 0].map((value) => ({ label: String(value), values: [value] }))
  const [small = 0, middle = 0, large = 0, none] = widths(
    svgOf({ title: 't', unit: 'ms', parts: ['p50'], bars, logarithmic: true }),
  )
  expect(small).toBeGreaterThan(10)
  expect(large - middle).toBeCloseTo(middle - small, 0)
  expect(none).toBe(0)
})
