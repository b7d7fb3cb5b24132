import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkTarget } from './access.ts'
import { meaningOf, twinOf, twinsOf } from './access-twins.ts'

const targets = fc.oneof(
  fc.constantFrom(['ip', '10.0.0.0/24'], ['ip', '2001:DB8:0::1/128'], ['cert', ' a%_b '], ['cephx', 'c%']),
  fc.tuple(fc.constant('user'), fc.stringMatching(/^[a-z%_ ]{3,200}x$/)),
)

test('every spelling of a meaning is another one, fits its column and leads back to it', () => {
  fc.assert(
    fc.property(targets, fc.integer({ min: 1, max: 12 }), ([type = '', to = ''], count) => {
      const { canonical = '' } = checkTarget(type, to, { ipv6: true, cephx: true })
      const taken: string[] = []
      for (let n = 0; n < count; n++) taken.push(twinOf(canonical, taken))
      expect(new Set(taken).size).toBe(count)
      expect(taken[0]).toBe(canonical)
      for (const canonical_to of taken) {
        expect(canonical_to.length).toBeLessThanOrEqual(255)
        expect(meaningOf({ access_type: type, access_to: to, canonical_to })).toBe(canonical)
      }
      expect(taken.slice(1).every((one) => one.startsWith(twinsOf(canonical)))).toBe(true)
      // One that is free again is given again.
      expect(twinOf(canonical, taken.slice(1))).toBe(canonical)
    }),
  )
})

test('what begins the twins is a pattern without wildcards, and nobody else’s', () => {
  expect(twinsOf('a%')).toMatch(/^\u0001[0-9a-f]{40}:$/)
  expect(twinsOf('a')).not.toBe(twinsOf('b'))
})
