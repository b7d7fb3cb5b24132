import * as fc from 'fast-check'
import { DN } from 'ldapts'
import { describe, expect, test } from 'vitest'
import { dnWith, escapeDnValue, foldedName, normalDn, parentOf, parseDn } from './dn.ts'

const template = 'uid={name},ou=people,dc=example,dc=org'
const rest = [
  [{ type: 'ou', value: 'people' }],
  [{ type: 'dc', value: 'example' }],
  [{ type: 'dc', value: 'org' }],
]
/** What people write, and what would be syntax. */
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom(',', '+', '=', '"', '\\', ';', '<', '>', '#', ' ', '\0', '\n', 'a', 'ü', '2', 'c'),
  }),
)

describe('a name in a DN', () => {
  test('is one value of one part, whatever it holds', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        expect(parseDn(dnWith(template, name))).toEqual([[{ type: 'uid', value: name }], ...rest])
      }),
      { numRuns: 2000 },
    )
  })

  test('is written as RFC 4514 says', () => {
    expect(escapeDnValue('#James "Jim" Smith, III ')).toBe(String.raw`\#James \"Jim\" Smith\, III\ `)
    expect(escapeDnValue('a\0b')).toBe(String.raw`a\00b`)
    expect(escapeDnValue('$& $1')).toBe('$& $1')
    expect(dnWith('uid={name},dc=x', '$&')).toBe('uid=$&,dc=x')
  })

  test('and means the same to the library that sends it', () => {
    const name = 'Smith, "J" + \\ <x>'
    expect(new DN([]).addPairRDN('uid', name).toString()).toBe(`uid=${escapeDnValue(name)}`)
  })
})

describe('one entry', () => {
  test.each([
    ['uid=bob,ou=people,dc=example,dc=org', 'UID=Bob, OU=People,DC=Example , dc=ORG'],
    ['cn=a\\,b,dc=x', 'CN="a,b";dc=x'],
    ['cn=a\\2cb,dc=x', 'cn=a\\,b,dc=x'],
    ['cn=Jörg  Müller,dc=x', 'cn=J\\C3\\B6rg M\\C3\\BCller,dc=x'],
    ['cn=a+uid=b,dc=x', 'uid=b+cn=a,dc=x'],
    ['2.5.4.3=a,dc=x', 'cn=A,DC=X'],
  ])('is %s and %s', (one, other) => {
    expect(normalDn(one)).toBe(normalDn(other))
  })

  test.each([
    ['cn=a,dc=x', 'cn=a,dc=y'],
    ['cn=a\\,dc=x', 'cn=a,dc=x'],
    ['cn=a,cn=b', 'cn=a+cn=b'],
    ['cn=a b', 'cn=ab'],
  ])('is not both %s and %s', (one, other) => {
    expect(normalDn(one)).not.toBe(normalDn(other))
  })

  test('has one normal spelling, which is its own', () => {
    fc.assert(
      fc.property(
        hostile.filter((name) => foldedName(name) !== ''),
        (name) => {
          const normal = normalDn(dnWith(template, name))
          expect(normalDn(normal)).toBe(normal)
        },
      ),
    )
  })
})

test.each(['uid', 'uid=a,', '=a', 'uid=a,b', 'uid="a', 'uid="a"b,dc=x', 'uid=a\\', 'u id=a', 'uid=a<b'])(
  '%j is no DN',
  (text) => {
    expect(parseDn(text)).toBeNull()
  },
)

test('the entry above', () => {
  expect(parentOf('cn=a\\,b,ou=c,dc=x')).toBe('ou=c,dc=x')
  expect(parentOf('dc=x')).toBeNull()
})
