import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkTarget } from './access.ts'
import { listLength, longestList, ruleWeight, singleAddresses } from './access-networks.ts'

test('a network of /121 to /127 is its addresses, each once, each in it', () => {
  const word = fc.integer({ min: 1, max: 0xffff })
  fc.assert(
    fc.property(word, word, fc.integer({ min: 121, max: 127 }), (high, low, prefix) => {
      const base = low - (low % 2 ** (128 - prefix))
      const typed = `2001:DB8:${high.toString(16)}::${base.toString(16)}/${prefix}`
      const { canonical = '' } = checkTarget('ip', typed, { ipv6: true, cephx: true })
      const addresses = singleAddresses(canonical)
      expect(addresses.length).toBe(listLength(canonical))
      expect(addresses.length).toBeLessThanOrEqual(longestList)
      expect(new Set(addresses).size).toBe(addresses.length)
      for (const [at, address] of addresses.entries()) {
        const last = Number.parseInt(address.split(':').at(-1) || '0', 16)
        expect(last).toBe(base + at)
        expect(checkTarget('ip', address, { ipv6: true, cephx: true }).canonical).toBe(address)
      }
    }),
  )
})

test('only such a network counts as more than one', () => {
  const weights = ['2001:db8::/121', '2001:DB8::80/122', '2001:db8::/127', '2001:db8::/120', '2001:db8::1']
  expect(weights.map((to) => ruleWeight('ip', to))).toEqual([128, 64, 2, 1, 1])
  // A /25 of IPv4, whatever its notation.
  expect(ruleWeight('ip', '::ffff:10.0.0.0/121')).toBe(1)
  expect(ruleWeight('ip', '10.0.0.0/8')).toBe(1)
  expect(ruleWeight('cert', '2001:db8::/121')).toBe(1)
})
