import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { allowsCall } from './access-rules.ts'
import { Lru } from './lru.ts'
import { argon2Hasher, standardCost } from './passwords.ts'

const cheap = argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 })

test('what is stored tells the parameters and matches only its password', async () => {
  const stored = await argon2Hasher().hash('secret')
  expect(stored).toMatch(/^argon2id\$v=19\$m=19456,t=2,p=1\$[\w-]{22}\$[\w-]{43}$/)
  expect(standardCost).toEqual({ memoryKib: 19_456, passes: 2, lanes: 1 })
  // Another hasher's parameters are read from the text.
  expect(await cheap.matches('secret', stored)).toBe(true)
  expect(await cheap.matches('Secret', stored)).toBe(false)
  expect(await cheap.hash('secret')).not.toBe(await cheap.hash('secret'))
})

test('any password matches itself and no other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), async (a, b) => {
      const stored = await cheap.hash(a)
      expect(await cheap.matches(a, stored)).toBe(true)
      expect(await cheap.matches(b, stored)).toBe(a === b)
    }),
    { numRuns: 30 },
  )
})

test.each([
  null,
  '',
  'plain',
  'argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'argon2id$v=19$m=64,t=1,p=1$AA$AA',
])('%j matches nothing', async (stored) => {
  expect(await cheap.matches('', stored)).toBe(false)
  expect(await cheap.matches('x', stored)).toBe(false)
})

test('a password too long to be set matches nothing, not even the empty one', async () => {
  expect(await cheap.matches('x'.repeat(5000), await cheap.hash(''))).toBe(false)
})

test('the cache keeps what was used last', () => {
  const lru = new Lru<number>(2)
  lru.set('a', 1)
  lru.set('b', 2)
  lru.get('a')
  lru.set('c', 3)
  expect([lru.get('a'), lru.get('b'), lru.get('c'), lru.size]).toEqual([1, undefined, 3, 2])
})

test('an access rule without wildcards allows exactly its path', () => {
  const segment = fc.stringMatching(/^[a-z0-9]{1,5}$/)
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`)
  fc.assert(
    fc.property(path, path, (allowed, asked) => {
      const rules = [{ id: '1', path: allowed, method: 'GET', service: 'share' }]
      const call = { paths: [asked], method: 'get', service: 'shared-file-system' }
      expect(allowsCall(rules, call)).toBe(allowed === asked)
      expect(allowsCall([], call)).toBe(false)
    }),
  )
})
