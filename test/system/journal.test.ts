/** A journal that is checked says something only if what is missing or wrong in it is found. */
import { expect, test } from 'vitest'
import { JournalCheck, record, recordBytes } from './journal.ts'

function count(bytes: Buffer, pieces: number): number {
  const check = new JournalCheck('j')
  for (let at = 0; at < bytes.length; at += pieces) check.update(bytes.subarray(at, at + pieces))
  return check.end()
}
const whole = Buffer.concat(Array.from({ length: 5 }, (_, number) => record('j', number)))
const broken = (at: number): Buffer => {
  const bytes = Buffer.from(whole)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}

test.each([1000, recordBytes, 7 * recordBytes])('records are counted, in pieces of %d bytes', (pieces) => {
  expect(count(whole, pieces)).toBe(5)
  expect(count(whole.subarray(0, 3 * recordBytes + 10), pieces)).toBe(3)
  expect(count(broken(4 * recordBytes + 4000), pieces)).toBe(4)
  expect(count(Buffer.alloc(0), pieces)).toBe(0)
})

test.each([0, recordBytes + 5, 3 * recordBytes])(
  'a wrong byte at %d, before the last record, is no accident',
  (at) => {
    expect(() => count(broken(at), recordBytes)).toThrow('is not the last')
  },
)

test('records of another journal, or in another place, are wrong', () => {
  expect(() => count(Buffer.concat([record('j', 0), record('k', 1), record('k', 2)]), recordBytes)).toThrow()
  expect(() => count(Buffer.concat([record('j', 1), record('j', 0)]), recordBytes)).toThrow()
})
