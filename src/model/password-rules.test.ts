import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changedOptions } from './account-options.ts'
import {
  changeableAt,
  expiryOf,
  isExpired,
  isInactive,
  noRules,
  problemWithPassword,
  type PasswordRules,
} from './password-rules.ts'

const rules = (some: Partial<PasswordRules>): PasswordRules => ({ ...noRules, ...some })
const dayUs = 86_400_000_000
const now = 1_790_000_000_000_000

test.each([
  [{}, 'x', 'ann', null],
  [{ minLength: 8 }, '1234567', 'ann', 'password must have at least 8 characters'],
  [{ minLength: 8 }, '12345678', 'ann', null],
  // Characters, and not what they are stored as.
  [{ minLength: 3 }, '😀😀', 'ann', 'password must have at least 3 characters'],
  [
    { pattern: /\d/u, patternSays: 'a digit' },
    'abc',
    'ann',
    'password must be as the rules of this installation want it: a digit',
  ],
  [{ pattern: /\d/u }, 'abc', 'ann', 'password must be as the rules of this installation want it'],
  [{ pattern: /\d/u }, 'abc1', 'ann', null],
  [{ refusesName: true }, 'Ann', 'ann', 'password must not be like the name of the user'],
  [{ refusesName: true }, 'xANNx', 'ann', 'password must not be like the name of the user'],
  [{ refusesName: true }, 'nann', 'Hannah', null],
  [{ refusesName: true }, 'anna', 'hannah', 'password must not be like the name of the user'],
  [{ refusesName: true }, 'banana', 'an', null],
  [{ refusesName: true }, 'an', 'an', 'password must not be like the name of the user'],
] as const)('%o: %s of %s: %s', (some, password, name, problem) => {
  expect(problemWithPassword(rules(some), password, name)).toBe(problem)
})

test('what is said of a password never holds it', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z]{6,10}$/), fc.string(), fc.nat(20), (password, name, minLength) => {
      const strict = rules({ minLength, pattern: /\d/u, refusesName: true })
      expect(problemWithPassword(strict, password, name) ?? '').not.toContain(password)
    }),
  )
})

const options = fc.record(
  {
    ignore_password_expiry: fc.boolean(),
    ignore_change_password_upon_first_use: fc.boolean(),
    ignore_user_inactivity: fc.boolean(),
  },
  { requiredKeys: [] },
)

test('a password expires when its days are over, at once where an administrator set it, and never for whom it is ignored', () => {
  fc.assert(
    fc.property(fc.nat(400), fc.boolean(), fc.boolean(), options, (expiresDays, upon, byOwner, some) => {
      const expiresAt = expiryOf(rules({ expiresDays, changeUponFirstUse: upon }), some, { now, byOwner })
      const atOnce = upon && !byOwner && some.ignore_change_password_upon_first_use !== true
      if (atOnce) expect(expiresAt).toBe(now)
      else if (expiresDays === 0 || some.ignore_password_expiry === true) expect(expiresAt).toBeNull()
      else expect(expiresAt).toBe(now + expiresDays * dayUs)
      if (expiresAt === null) return
      expect(isExpired(expiresAt, {}, expiresAt - 1)).toBe(false)
      expect(isExpired(expiresAt, {}, expiresAt)).toBe(true)
      expect(isExpired(expiresAt, { ignore_password_expiry: true }, expiresAt)).toBe(false)
    }),
  )
})

test('who changed his password waits; of one that an administrator set nobody waits', () => {
  const some = rules({ minimumAgeDays: 3 })
  expect(changeableAt(some, { setAt: now, byOwner: true })).toBe(now + 3 * dayUs)
  expect(changeableAt(some, { setAt: now, byOwner: false })).toBe(now)
})

test('an account is inactive after its days, unless that is ignored or not known', () => {
  const some = rules({ inactiveDays: 30 })
  const at = (days: number) => ({ lastActiveAt: now - days * dayUs, now })
  expect([29, 30, 31].map((days) => isInactive(some, {}, at(days)))).toEqual([false, false, true])
  expect(isInactive(noRules, {}, at(1000))).toBe(false)
  expect(isInactive(some, { ignore_user_inactivity: true }, at(1000))).toBe(false)
  expect(isInactive(some, {}, { lastActiveAt: null, now })).toBe(false)
})

test('options are changed one by one; null takes one away', () => {
  expect(
    changedOptions({ lock_password: true, ignore_password_expiry: true }, { lock_password: null }),
  ).toEqual({
    ignore_password_expiry: true,
  })
  expect(changedOptions({ lock_password: true }, { ignore_password_expiry: false })).toEqual({
    lock_password: true,
    ignore_password_expiry: false,
  })
})
