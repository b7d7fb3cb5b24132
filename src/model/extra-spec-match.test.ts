import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileSpecs, specMatches, unmetSpecs, type UnmetSpec } from './extra-spec-match.ts'
import type { ExtraSpecs } from './extra-specs.ts'

const firstUnmetSpec = (has: Readonly<Record<string, unknown>>, specs: ExtraSpecs): UnmetSpec | null =>
  unmetSpecs(has, compileSpecs(specs))[0] ?? null

const words = fc.stringMatching(/^[a-zA-Z0-9_.:-]{1,8}$/)
const numbers = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.double({ min: -10, max: 10, noNaN: true }))

describe('requirement grammar', () => {
  test.each<[unknown, string, boolean]>([
    // numbers: `=` asks for at least
    [10, '= 10', true],
    ['11.5', '= 10', true],
    [9, '= 10', false],
    [10, '>= 1e1', true],
    [10, '<= 9.99', false],
    ['10.0', '== 10', true],
    [10, '!= 10', false],
    ['unknown', '>= 1', false],
    [10, '>= ten', false],
    [10, '>= 0x1', false],
    [10, '>=', false],
    ['', '<= 5', false],
    [true, '>= 1', false],
    ['infinity', '>= 1e300', true],
    [10, '>= 5 900', true],
    // there is no bare < or >
    [1, '< 2', false],
    ['< 2', '< 2', true],
    // strings
    ['Alpha', 's== ALPHA', true],
    ['alpha', 's!= beta', true],
    ['alpha', 's< beta', true],
    ['beta', 's<= beta', true],
    ['beta', 's> alpha', true],
    ['alpha', 's>= beta', false],
    ['alpha', 's==', false],
    ['NFS_CIFS', '<in> cifs', true],
    ['NFS_CIFS', '<in> smb', false],
    ['NFS', '<in>', false],
    // booleans
    [true, '<is> True', true],
    [false, '<is> True', false],
    [false, '<is> no', true],
    ['yes', '<is> 1', true],
    ['unknown', '<is> False', true],
    [true, '<is>', false],
    [true, 'yes', true],
    [false, 'F', true],
    [true, 'maybe', false],
    ['true', 'TRUE', true],
    ['true', 'yes', false],
    // alternatives
    ['ssd', '<or> nvme <or> SSD', true],
    ['hdd', '<or> nvme <or> ssd', false],
    [true, '<or> true <or> false', true],
    ['<or>', '<or> a <or> b', false],
    ['a', '<or>', false],
    // plain
    ['Acme Corp', 'acme corp', true],
    [5, '5', true],
    ['', '', true],
    // nothing to compare
    ['<is>', '<is>', false],
    ['>=', '>=', false],
    [null, '', false],
    [undefined, 's!= a', false],
    [{ a: 1 }, '[object object]', false],
    [['a'], 'a', false],
  ])('%j %j → %j', (value, requirement, expected) => {
    expect(specMatches(value, requirement)).toBe(expected)
  })

  test('numeric operators are the arithmetic ones', () => {
    fc.assert(
      fc.property(numbers, numbers, fc.boolean(), (value, operand, asText) => {
        const given = asText ? String(value) : value
        const found = ['=', '>=', '<=', '==', '!='].map((op) => specMatches(given, `${op} ${operand}`))
        expect(found).toEqual([
          value >= operand,
          value >= operand,
          value <= operand,
          value === operand || value - operand === 0,
          value - operand !== 0,
        ])
      }),
    )
  })

  test('string operators are an order, in any case', () => {
    fc.assert(
      fc.property(words, words, (value, operand) => {
        const [a, b] = [value.toLowerCase(), operand.toLowerCase()]
        const found = ['s==', 's!=', 's<', 's<=', 's>', 's>=', '<in>'].map((op) =>
          specMatches(value, `${op} ${operand}`),
        )
        expect(found).toEqual([a === b, a !== b, a < b, a <= b, a > b, a >= b, a.includes(b)])
      }),
    )
  })

  test('<or> is membership', () => {
    fc.assert(
      fc.property(words, fc.array(words, { minLength: 1, maxLength: 5 }), (value, options) => {
        const requirement = options.map((option) => `<or> ${option}`).join(' ')
        expect(specMatches(value, requirement)).toBe(
          options.some((option) => option.toLowerCase() === value.toLowerCase()),
        )
      }),
    )
  })

  test('never throws', () => {
    fc.assert(fc.property(fc.anything(), fc.string(), (value, text) => void specMatches(value, text)))
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.anything()),
        fc.dictionary(fc.string(), fc.string()),
        (has, asks) => void firstUnmetSpec(has, asks),
      ),
    )
  })

  test('long values cost no more than their length', () => {
    const started = performance.now()
    specMatches(`${'9'.repeat(200_000)}x`, '>= 1')
    specMatches('a', `<or> ${'a b '.repeat(50_000)}`)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('specs against capabilities', () => {
  const has = {
    qos: true,
    dedupe: [true, false],
    netapp: { raid: { level: 'dp' } },
    storage_protocol: 'NFS_CIFS',
  }

  test.each<[Record<string, string>, string | null]>([
    [{}, null],
    [{ qos: '<is> True', dedupe: '<is> False' }, null],
    [{ 'capabilities:qos': 'True' }, null],
    [{ 'capabilities:netapp:raid:level': 'DP' }, null],
    [{ 'capabilities:netapp:raid': 'dp' }, 'capabilities:netapp:raid'],
    [{ compression: '<is> False' }, 'compression'],
    [{ 'acme:secret': 'x', 'provisioning:min_share_size': '5' }, null],
    [{ availability_zones: 'a,b', 'capabilities:availability_zones': 'a' }, null],
    [{ default_qos_type: 'gold' }, 'default_qos_type'],
    [{ constructor: 's!= x' }, 'constructor'],
    [{ 'capabilities:netapp:__proto__': 's!= x' }, 'capabilities:netapp:__proto__'],
  ])('%j → %j', (specs, key) => {
    expect(firstUnmetSpec(has, specs)?.key ?? null).toBe(key)
  })

  test('default_qos_type is met by qos_type_support', () => {
    expect(firstUnmetSpec({ qos_type_support: true }, { default_qos_type: 'gold' })).toBeNull()
    expect(firstUnmetSpec({ qos_type_support: false }, { default_qos_type: 'gold' })).not.toBeNull()
  })

  test('capabilities meet the specs that are written from them', () => {
    const values = fc.oneof(fc.boolean(), fc.integer(), words)
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,10}$/), values), (capabilities) => {
        const specs = Object.fromEntries(
          Object.entries(capabilities).map(([key, value]) => [key, String(value)]),
        )
        delete specs['default_qos_type']
        expect(firstUnmetSpec(capabilities, specs)).toBeNull()
      }),
    )
  })
})

test('which of them is named does not depend on the order in which they were read', () => {
  const specs = { snapshot_support: 'True', dedupe: '<is> True', 'capabilities:a': '1' }
  const turned = Object.fromEntries(Object.entries(specs).toReversed())
  expect(compileSpecs(turned).map(({ key }) => key)).toEqual(compileSpecs(specs).map(({ key }) => key))
  expect(unmetSpecs({}, compileSpecs(turned))[0]?.key).toBe('capabilities:a')
})
