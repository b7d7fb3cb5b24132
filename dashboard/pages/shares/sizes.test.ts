import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { extendBounds, isEmpty, shrinkBounds, within } from './sizes.ts'
import { leftOf } from './usage-queries.ts'

const gib = 1024 ** 3

test('what a share holds fits into every size that it may shrink to, and a GiB less would not hold it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 0, max: 2 ** 45 }),
      (size, usedBytes) => {
        const bounds = shrinkBounds(size, usedBytes)
        expect(bounds.least * gib).toBeGreaterThanOrEqual(usedBytes)
        expect((bounds.least - 1) * gib < usedBytes || bounds.least === 1).toBe(true)
        expect(within(size, bounds)).toBe(false)
        expect(isEmpty(bounds)).toBe(usedBytes > (size - 1) * gib || size === 1)
      },
    ),
  )
})

test.each([
  [10, 3.2 * gib, 4],
  [10, 4 * gib, 4],
  [10, 0, 1],
  [10, null, 1],
])('of %i GiB with %s bytes used at least %i', (size, used, least) => {
  expect(shrinkBounds(size, used)).toEqual({ least, most: size - 1 })
})

test('growth ends where the quota does', () => {
  expect(extendBounds(10, 5)).toEqual({ least: 11, most: 15 })
  expect(extendBounds(10, null)).toEqual({ least: 11, most: null })
  expect(isEmpty(extendBounds(10, 0))).toBe(true)
  expect([within(15, extendBounds(10, 5)), within(16, extendBounds(10, 5))]).toEqual([true, false])
  expect(within(10.5, extendBounds(10, null))).toBe(false)
})

test('what is left: without limit, and of a limit that was lowered', () => {
  expect(leftOf(-1, 7)).toEqual({ limit: null, used: 7, left: null })
  expect(leftOf(5, 7)).toEqual({ limit: 5, used: 7, left: 0 })
  expect(leftOf(undefined, undefined)).toEqual({ limit: null, used: 0, left: null })
})
