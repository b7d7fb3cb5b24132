import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { changesOf, recordOf, pairsOf, problemsOf } from './pairs.ts'

const metadata = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), {
  noNullPrototype: true,
})

test('what is sent makes what was there into what was typed', () => {
  fc.assert(
    fc.property(metadata, metadata, (before, after) => {
      const { set, unset } = changesOf(before, after)
      const made = new Map(Object.entries(before).filter(([key]) => !unset.includes(key)))
      for (const [key, value] of Object.entries(set)) made.set(key, value)
      expect(Object.fromEntries(made)).toEqual(after)
      for (const [key, value] of Object.entries(set)) expect(before[key] === value).toBe(false)
    }),
  )
})

test('what was there is shown as it is, with nothing wrong', () => {
  fc.assert(
    fc.property(metadata, (before) => {
      const pairs = pairsOf(before)
      expect(recordOf(pairs)).toEqual(before)
      expect(problemsOf(pairs).filter((problem) => problem !== null)).toEqual([])
    }),
  )
})

test('a key twice, none, and a value that is missing; an empty row is nothing', () => {
  const row = (key: string, value: string) => ({ row: '', key, value })
  const pairs = [row('a', '1'), row('a', '2'), row('', '3'), row('b', ''), row('', '')]
  expect(problemsOf(pairs)).toEqual([null, 'twice', 'no-key', 'no-value', null])
})
