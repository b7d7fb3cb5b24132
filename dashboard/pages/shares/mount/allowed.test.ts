import { expect, test } from 'vitest'
import { ruleFor, userOf, type Rule } from './allowed.ts'

const rule = (access_to: string, more: Partial<Rule> = {}): Rule => ({
  id: access_to,
  access_type: 'ip',
  access_to,
  access_level: 'rw',
  state: 'active',
  ...more,
})

test.each([
  ['10.0.0.5', ['10.0.0.5'], '10.0.0.5'],
  ['10.0.0.5', ['10.0.1.0/24', '10.0.0.0/24'], '10.0.0.0/24'],
  ['10.0.0.5', ['10.0.1.0/24'], null],
  ['2001:db8::5', ['2001:db8::/64'], '2001:db8::/64'],
  ['10.0.0.5', ['::/0'], null],
  ['10.0.0.5', ['ann', '*'], null],
  ['nobody', ['0.0.0.0/0'], null],
])('%s with rules %j: %s', (address, rules, found) => {
  expect(
    ruleFor(
      address,
      rules.map((to) => rule(to)),
    )?.id ?? null,
  ).toBe(found)
})

test('one that is in force before one that is not yet, writing before reading, and none that goes', () => {
  const at = (rules: readonly Rule[]) => ruleFor('10.0.0.5', rules)?.id ?? null
  const all = (id: string, more: Partial<Rule>) => rule('10.0.0.0/8', { ...more, id })
  expect(at([all('ro', { access_level: 'ro' }), all('rw', {})])).toBe('rw')
  expect(at([all('later', { state: 'applying' }), all('ro', { access_level: 'ro' })])).toBe('ro')
  expect(at([all('error', { state: 'error' }), all('later', { state: 'queued_to_apply' })])).toBe('later')
  expect(at([all('goes', { state: 'denying' })])).toBe(null)
  expect(at([all('user', { access_type: 'user' })])).toBe(null)
})

test('the user to mount as', () => {
  const users = [
    rule('bob', { access_type: 'user', access_level: 'ro' }),
    rule('ann', { access_type: 'user' }),
    rule('eve', { access_type: 'user', state: 'denying' }),
  ]
  expect(userOf(users, 'user')?.access_to).toBe('ann')
  expect(userOf(users, 'cephx')).toBe(null)
})
