import { isIPv4, isIPv6 } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressesOf, checkTarget, weightOf } from './access.ts'

const all = { ipv6: true, cephx: true }
const canonical = (type: string, to: string, abilities = all): string | undefined =>
  checkTarget(type, to, abilities).canonical

const octet = fc.integer({ min: 0, max: 255 })
const quad = fc.tuple(octet, octet, octet, octet)

/** The quad with everything beyond `prefix` zero. */
function network(bytes: readonly number[], prefix: number): string {
  return bytes
    .map((byte, index) => byte & (0xff << (8 - Math.min(8, Math.max(0, prefix - index * 8)))) & 0xff)
    .join('.')
}

describe('addresses', () => {
  test('each IPv4 address is its own canonical form, with or without /32', () => {
    fc.assert(
      fc.property(quad, (bytes) => {
        const text = bytes.join('.')
        fc.pre(text !== '0.0.0.0')
        expect(canonical('ip', text)).toBe(text)
        expect(canonical('ip', `${text}/32`)).toBe(text)
        expect(canonical('ip', `${text}/255.255.255.255`)).toBe(text)
      }),
    )
  })

  test('a network is accepted exactly when its host bits are zero', () => {
    fc.assert(
      fc.property(quad, fc.integer({ min: 0, max: 31 }), (bytes, prefix) => {
        const base = network(bytes, prefix)
        expect(canonical('ip', `${base}/${prefix}`)).toBe(`${base}/${prefix}`)
        const text = bytes.join('.')
        if (text !== base) expect(canonical('ip', `${text}/${prefix}`)).toBeUndefined()
      }),
    )
  })

  test('every spelling of an IPv6 address has one canonical form, which is its own', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const once = canonical('ip', text)
        fc.pre(!/^[0:]*$/.test(text))
        expect(once).toBeDefined()
        expect(isIPv6(once ?? '') || isIPv4(once ?? '')).toBe(true)
        expect(canonical('ip', once ?? '')).toBe(once)
        expect(canonical('ip', text.toUpperCase())).toBe(once)
        if (!text.includes('.')) expect(canonical('ip', `${text}/128`)).toBe(once)
        expect(canonical('ip', text, { ipv6: false, cephx: true })).toBeUndefined()
      }),
    )
  })

  test.each([
    '0.0.0.0',
    '0.0.0.0/32',
    '0.0.0.0/255.255.255.255',
    '::',
    '::/128',
    '0::0',
    '::0.0.0.0',
    '::ffff:0:0',
    '::ffff:0.0.0.0',
  ])('%s is nobody, and servers take it for everybody', (text) => {
    const { problem } = checkTarget('ip', text, all)
    expect(problem).toMatch(/is the address of no client; to let every client in, write (0\.0\.0\.0|::)\/0$/)
  })

  test('an IPv4 address is one whatever its spelling in IPv6', () => {
    for (const [text, is] of [
      ['::ffff:127.0.0.1', '127.0.0.1'],
      ['::FFFF:7f00:1/128', '127.0.0.1'],
      ['0:0:0:0:0:ffff:10.0.0.0/120', '10.0.0.0/24'],
      ['::ffff:0:0/96', '0.0.0.0/0'],
    ] as const)
      expect(canonical('ip', text), text).toBe(is)
    // Those were never mapped.
    expect(canonical('ip', '::127.0.0.1')).toBe('::7f00:1')
    for (const text of ['::7f00:1', '64:ff9b::7f00:1', '::fffe:7f00:1'])
      expect(canonical('ip', text), text).toBe(text)
    expect(canonical('ip', '::ffff:127.0.0.1', { ipv6: false, cephx: true })).toBeUndefined()
  })

  test('a small IPv6 network counts as many times as it has addresses, all of them within it', () => {
    for (let prefix = 1; prefix <= 128; prefix++) {
      const spelledOut = prefix >= 121 && prefix <= 127
      expect(weightOf('ip', `8000::/${prefix}`), String(prefix)).toBe(spelledOut ? 2 ** (128 - prefix) : 1)
    }
    expect(weightOf('ip', '10.0.0.0/24')).toBe(1)
    expect(weightOf('cephx', 'a:b/121')).toBe(1)
    expect(addressesOf('2001:db8::80/121')).toHaveLength(128)
    expect(addressesOf('2001:db8::f8/126')).toEqual([
      '2001:db8::f8',
      '2001:db8::f9',
      '2001:db8::fa',
      '2001:db8::fb',
    ])
  })

  test('nothing is accepted that the system would not take for an address', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789abcdef.:/%x- '.split('')), maxLength: 24 }),
        (text) => {
          const form = canonical('ip', text)
          if (form === undefined) return
          const [host = '', prefix = '0'] = form.split('/')
          expect(isIPv4(host) || isIPv6(host)).toBe(true)
          expect(Number(prefix)).toBeLessThanOrEqual(isIPv4(host) ? 32 : 128)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test.each([
    '010.0.0.1',
    '10.1',
    '0x7f000001',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/-1',
    '1.2.3.4/032',
    '10.0.0.0/255.0.255.0',
    'fe80::1%eth0',
    '::1/129',
    '2001:db8::1/64',
    '10.0.0.0/8/8',
    ' 10.0.0.1',
    '',
    'localhost',
  ])('%j is refused', (text) => {
    expect(checkTarget('ip', text, all).problem).toMatch(/^access_to must/)
  })

  test('a netmask is a prefix', () => {
    expect(canonical('ip', '10.0.0.0/255.255.255.0')).toBe('10.0.0.0/24')
    expect(canonical('ip', '2001:DB8:0:0::/64')).toBe('2001:db8::/64')
    expect(canonical('ip', '0.0.0.0/0')).toBe('0.0.0.0/0')
  })
})

describe('names', () => {
  test('what is accepted is short, has no forbidden character and no control character', () => {
    fc.assert(
      fc.property(fc.constantFrom('user', 'cert', 'cephx'), fc.string({ maxLength: 300 }), (type, text) => {
        const form = canonical(type, text)
        if (form === undefined) return
        expect(form.length).toBeGreaterThan(0)
        expect(form.length).toBeLessThanOrEqual(type === 'cert' ? 64 : 255)
        expect(/[\u0000-\u001f\u007f]/.test(form)).toBe(false)
        expect(canonical(type, form)).toBe(form)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['user', 'bob'],
    ['user', 'a'.repeat(256)],
    ['user', 'al/ice'],
    ['user', 'ali*ce'],
    ['user', '....'],
    ['user', 'alice\n'],
    ['cert', '   '],
    ['cert', 'c'.repeat(65)],
    ['cephx', ''],
    ['cephx', 'a.b'],
    ['cephx', 'ü'],
  ])('%s %j is refused', (type, text) => {
    expect(checkTarget(type, text, all).problem).toMatch(/^access_to must/)
  })

  test('names that are fine', () => {
    expect(canonical('user', 'alice')).toBe('alice')
    expect(canonical('user', 'DOMAIN users')).toBe('DOMAIN users')
    expect(canonical('cert', ' client.example ')).toBe('client.example')
    expect(canonical('cephx', 'alice')).toBe('alice')
  })
})

test('cephx is a type from 2.13, and nothing else ever is', () => {
  expect(checkTarget('cephx', 'alice', { ipv6: true, cephx: false }).problem).toBe(
    'access_type must be one of ip, user, cert',
  )
  expect(checkTarget('constructor', 'alice', all).problem).toMatch(/^access_type must be one of ip, user/)
})
