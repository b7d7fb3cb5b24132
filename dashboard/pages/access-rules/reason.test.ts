import { expect, it } from 'vitest'
import { reasonsFor } from './reason.ts'

const rule = (updated_at: string, state: 'error' | 'active' = 'error') => ({
  state,
  updated_at,
  created_at: '2026-11-27T10:00:00.000000',
})
const message = (created_at: string, user_message: string) => ({ created_at, user_message })
const messages = [
  message('2026-11-27T10:05:00.000000', 'update access rules: The level is not supported.'),
  message('2026-11-27T10:03:00.000000', 'update access rules: This client must not.'),
  message('2026-11-27T10:03:00.000000', 'update access rules: This client must not.'),
]

it('is what was said in the moment in which the rule failed, said once', () => {
  expect(reasonsFor(rule('2026-11-27T10:03:00.000000'), messages)).toEqual(['This client must not.'])
  expect(reasonsFor(rule('2026-11-27T10:05:00.000000'), messages)).toEqual(['The level is not supported.'])
})
it('is what was said after it where clocks differ, else the newest', () => {
  expect(reasonsFor(rule('2026-11-27T10:04:00.000000'), messages)).toEqual(['The level is not supported.'])
  expect(reasonsFor(rule('2026-11-27T11:00:00.000000'), messages)).toEqual(['The level is not supported.'])
  expect(reasonsFor(rule('2026-11-27T11:00:00.000000'), [])).toEqual([])
})
it('is nothing for a rule in force', () => {
  expect(reasonsFor(rule('2026-11-27T10:03:00.000000', 'active'), messages)).toEqual([])
})
