import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { XdrReader, XdrWriter } from './xdr.ts'

const encoded = (write: (to: XdrWriter) => void): Buffer => {
  const writer = new XdrWriter()
  write(writer)
  return Buffer.concat(writer.pieces())
}

describe('XDR', () => {
  test('what was written is read back, whatever its length, and always fills whole words', () => {
    const item = fc.oneof(
      fc.nat(0xffff_ffff).map((value) => ['u32', value] as const),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ['u64', value] as const),
      fc.uint8Array({ maxLength: 3000 }).map((value) => ['opaque', value] as const),
      fc.string({ unit: 'grapheme' }).map((value) => ['string', value] as const),
      fc.uniqueArray(fc.nat(95)).map((value) => ['bitmap', value.toSorted((a, b) => a - b)] as const),
    )
    fc.assert(
      fc.property(fc.array(item, { maxLength: 20 }), (items) => {
        const bytes = encoded((to) => {
          for (const [kind, value] of items) (to[kind] as (value: unknown) => unknown).call(to, value)
        })
        expect(bytes.length % 4).toBe(0)
        const reader = new XdrReader(bytes)
        const back = items.map(([kind]) => [kind, reader[kind]()] as const)
        expect(
          back.map(([kind, value]) => [kind, kind === 'opaque' ? [...(value as Buffer)] : value]),
        ).toEqual(items.map(([kind, value]) => [kind, kind === 'opaque' ? [...value] : value]))
        expect(() => reader.u32()).toThrow('malformed')
      }),
    )
  })

  test('the words of RFC 4506', () => {
    expect(encoded((to) => to.u32(1).string('sillyprog')).toString('hex')).toBe(
      `0000000100000009${Buffer.from('sillyprog').toString('hex')}000000`,
    )
    expect(encoded((to) => to.bitmap([1, 4, 33])).toString('hex')).toBe('000000020000001200000002')
  })

  test('a length that lies is refused before anything is allocated', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const read of ['opaque', 'string', 'bitmap', 'size'] as const) {
          try {
            new XdrReader(Buffer.from(bytes))[read]()
          } catch (error) {
            expect(error).toMatchObject({ name: 'NfsError', code: 'PROTOCOL' })
          }
        }
      }),
    )
    expect(() => new XdrReader(Buffer.from('ffffffff00', 'hex')).opaque()).toThrow('malformed')
    expect(() => new XdrReader(Buffer.from('ffffffffffffffff', 'hex')).size()).toThrow('malformed')
  })
})
