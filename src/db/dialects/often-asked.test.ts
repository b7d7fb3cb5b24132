import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { OftenAsked } from './often-asked.ts'

describe('a statement is prepared', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  const asked = (often: OftenAsked, text: string, times: number): boolean[] =>
    Array.from({ length: times }, () => often.has(text))

  test('from the third time on', () => {
    expect(asked(new OftenAsked(10), 'select 1', 4)).toEqual([false, false, true, true])
  })

  test('if it reads or writes rows', () => {
    const often = new OftenAsked(10)
    for (const text of ['commit', 'alter table t add column c int', 'show status'])
      expect(asked(often, text, 4)).toEqual([false, false, false, false])
    for (const text of ['insert into t', 'update t', 'delete from t', 'with a as (select 1) select 1'])
      expect(asked(often, text, 3)).toEqual([false, false, true])
  })

  test('as long as there is room; those that have some keep it', () => {
    const often = new OftenAsked(2)
    for (const text of ['select 1', 'select 2']) asked(often, text, 3)
    expect(asked(often, 'select 3', 9)).toEqual(Array(9).fill(false))
    expect(often.has('select 1')).toBe(true)
  })

  test('however many others are asked once in between', () => {
    const often = new OftenAsked(2)
    for (let n = 0; n < 10_000; n++) {
      if (n % 500 === 0) often.has('select often')
      often.has(`select ${n}`)
    }
    expect(often.has('select often')).toBe(true)
  })

  test('a minute later again, after a server had no room', () => {
    const often = new OftenAsked(10)
    asked(often, 'select 1', 3)
    often.rest()
    expect([...asked(often, 'select 1', 2), ...asked(often, 'select 2', 3)]).toEqual(Array(5).fill(false))
    vi.advanceTimersByTime(60_000)
    expect([often.has('select 1'), often.has('select 2')]).toEqual([true, true])
  })
})
