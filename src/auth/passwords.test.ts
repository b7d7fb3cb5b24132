import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { allowsCall } from './access-rules.ts'
import { Lru } from './lru.ts'
import { argon2Hasher, standardCost, workOf, type Cost } from './passwords.ts'

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
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`)
  fc.assert(
    fc.property(path, path, (allowed, asked) => {
      const rules = [{ id: '1', path: allowed, method: 'GET', service: 'share' }]
      const call = { paths: [asked], method: 'get', service: 'shared-file-system' }
      expect(allowsCall(rules, call)).toBe(allowed === asked)
      expect(allowsCall([], call)).toBe(false)
    }),
  )
})

/** A hasher whose derivations cost nothing and are counted in KiB filled. */
function counted(cost: Cost) {
  let filled = 0
  const hasher = argon2Hasher(cost, async (message, nonce, used, length) => {
    filled += workOf(used)
    expect(used.memoryKib).toBeGreaterThanOrEqual(8 * used.lanes)
    return createHash('sha512')
      .update(`${message} ${nonce.toString('hex')} ${JSON.stringify(used)}`)
      .digest()
      .subarray(0, length)
  })
  const workFor = async (stored: string | null, password = 'x'): Promise<number> => {
    filled = 0
    await hasher.matches(password, stored)
    return filled
  }
  return { hasher, workFor }
}

const costs = fc.record({
  memoryKib: fc.integer({ min: 8 * 16, max: 100_000 }),
  passes: fc.integer({ min: 1, max: 8 }),
  lanes: fc.integer({ min: 1, max: 4 }),
})

test('an unknown user is as much work as a known one, whatever its hash was made with', async () => {
  await fc.assert(
    fc.asyncProperty(costs, fc.array(costs, { minLength: 1, maxLength: 5 }), async (cost, others) => {
      const { hasher, workFor } = counted(cost)
      const stored = await Promise.all(others.map((other) => counted(other).hasher.hash('x')))
      for (const one of stored) hasher.notice?.(one)
      const nobody = await workFor(null)
      expect(nobody).toBe(Math.max(...[cost, ...others].map(workOf)))
      for (const one of [...stored, await hasher.hash('x'), 'not one of ours', '']) {
        for (const password of ['x', 'wrong', 'x'.repeat(5000)]) {
          // What is missing may be less than the least that Argon2 takes, or not divide into its passes.
          expect(Math.abs((await workFor(one, password)) - nobody)).toBeLessThanOrEqual(64)
        }
      }
    }),
  )
})

test('that a hash is weaker is an order: two processes never undo what the other made', async () => {
  await fc.assert(
    fc.asyncProperty(costs, costs, async (a, b) => {
      const [one, other] = [counted(a).hasher, counted(b).hasher]
      const [mine, theirs] = [await one.hash('x'), await other.hash('x')]
      expect(one.isWeak?.(mine)).toBe(false)
      expect(one.isWeak?.(theirs) === true && other.isWeak?.(mine) === true).toBe(false)
    }),
  )
  expect(cheap.isWeak?.('not one of ours')).toBe(false)
})
