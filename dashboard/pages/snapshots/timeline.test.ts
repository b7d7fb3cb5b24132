import fc from 'fast-check'
import { expect, it } from 'vitest'
import { largest, place, radius, smallest, ticks } from './timeline.ts'

const moments = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 1_000_000 }),
    weight: fc.option(fc.integer({ min: 0, max: 10 ** 12 }), { nil: null }),
  }),
  { maxLength: 200 },
)
const named = (some: readonly { at: number; weight: number | null }[]) =>
  some.map((one, index) => ({ ...one, id: String(index) }))

it('keeps the order of time, stays inside, and lets no point lie upon another', () => {
  fc.assert(
    fc.property(moments, fc.integer({ min: 200, max: 1400 }), (some, width) => {
      const points = place(named(some), { width, from: 0, to: 1_000_000, namePx: 90 })
      const at = new Map(named(some).map((one) => [one.id, one.at]))
      for (const [index, { id, x, r }] of points.entries()) {
        expect(x - r).toBeGreaterThan(-0.01)
        expect(x + r).toBeLessThan(width + 0.01)
        const before = points[index - 1]
        if (before === undefined) continue
        expect(x - r).toBeGreaterThan(before.x + before.r - 0.01)
        expect(at.get(id)!).toBeGreaterThanOrEqual(at.get(before.id)!)
      }
    }),
  )
})

it('names no two points whose names would overlap, and always the newest', () => {
  fc.assert(
    fc.property(moments, (some) => {
      const points = place(named(some), { width: 900, from: 0, to: 1_000_000, namePx: 90 })
      const xs = points.filter(({ isNamed }) => isNamed).map(({ x }) => x)
      expect(points.at(-1)?.isNamed ?? true).toBe(true)
      for (const [index, x] of xs.entries()) if (index > 0) expect(x - xs[index - 1]!).toBeGreaterThan(89.9)
    }),
  )
})

it('stands where its time is while there is room', () => {
  const points = place(
    [
      { id: 'a', at: 250, weight: 0 },
      { id: 'b', at: 500, weight: 100 },
    ],
    { width: 1000, from: 0, to: 1000, namePx: 50 },
  )
  expect(points.map(({ id, x, r }) => [id, x, r])).toEqual([
    ['a', 250, smallest],
    ['b', 500, largest],
  ])
})

it('draws a quarter of the weight half as much larger, and what is not known smallest', () => {
  expect(radius(25, 100) - smallest).toBeCloseTo((largest - smallest) / 2)
  expect(radius(null, 100)).toBe(smallest)
  expect(radius(0, 0)).toBe(smallest)
})

it('begins and ends the axis with its ends', () => {
  expect(ticks(0, 100, 3)).toEqual([0, 50, 100])
})
