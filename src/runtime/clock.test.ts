import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoMicros } from './clock.ts'

test('a stamp is its instant to the microsecond, whatever was written before it', () => {
  const micros = fc.oneof(
    fc.integer({ min: -1_000_000, max: 4_000_000_000_000_000 }),
    fc.integer({ min: 1_796_000_000_000_000, max: 1_796_000_002_000_000 }),
  )
  fc.assert(
    fc.property(fc.array(micros, { minLength: 1, maxLength: 20 }), (stamps) => {
      for (const stamp of stamps) {
        const millis = Math.floor(stamp / 1000)
        const rest = String(stamp - millis * 1000).padStart(3, '0')
        expect(isoMicros(stamp)).toBe(`${new Date(millis).toISOString().slice(0, 23)}${rest}`)
      }
    }),
  )
})
