import { expect, test } from 'vitest'
import { fullest } from './fullest.ts'

const shares = [
  { id: 'new', size: 1 },
  { id: 'half', size: 4 },
  { id: 'full', size: 2 },
  { id: 'old', size: 1 },
]
const gib = 2 ** 30
const ids = ({ rows }: ReturnType<typeof fullest>): readonly string[] => rows.map(({ share }) => share.id)

test('shares are told by parts of their size, those nobody measured after them', () => {
  const usages = [
    { id: 'half', used_bytes: 2 * gib },
    { id: 'full', used_bytes: 1.9 * gib },
    { id: 'old', used_bytes: null },
  ]
  const found = fullest(shares, usages, 3)
  expect(ids(found)).toEqual(['full', 'half', 'new'])
  expect(found.areNewest).toBe(false)
})

test('where nothing is known they stay as they came, and it is said', () => {
  const found = fullest(shares, [], 2)
  expect(ids(found)).toEqual(['new', 'half'])
  expect(found.areNewest).toBe(true)
})
