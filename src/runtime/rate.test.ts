import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Rate } from './rate.ts'

const secondUs = 1_000_000

test('never more than the bucket and what flowed into it, and what it says to wait is enough', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 600 }),
      fc.array(fc.integer({ min: 0, max: 5 * secondUs }), { maxLength: 200 }),
      (perMinute, pauses) => {
        let now = secondUs
        const rate = new Rate(perMinute, () => now)
        let taken = 0
        for (const pause of pauses) {
          now += pause
          if (rate.take('a') === 0) taken++
          expect(taken).toBeLessThanOrEqual(
            perMinute + ((now - secondUs) / secondUs) * (perMinute / 60) + 1e-6,
          )
        }
        let wait = rate.take('a')
        while (wait === 0) wait = rate.take('a')
        now += wait * secondUs
        expect(rate.take('a')).toBe(0)
      },
    ),
    { numRuns: 50 },
  )
})

test('each key has its own; 0 is no limit; the keys used longest ago are forgotten', () => {
  const rate = new Rate(1, () => secondUs, 2)
  expect([rate.take('a'), rate.take('a'), rate.take('b')]).toEqual([0, 60, 0])
  rate.take('a')
  expect([rate.take('c'), rate.size, rate.take('a')]).toEqual([0, 2, 60])
  const unlimited = new Rate(0, () => secondUs)
  for (let i = 0; i < 1000; i++) expect(unlimited.take('a')).toBe(0)
  expect(unlimited.size).toBe(0)
})
