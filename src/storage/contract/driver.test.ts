import { expect, test } from 'vitest'
import { DriverError, isDriverError } from './driver.ts'

test('a driver error is known for one whichever copy of the class it is of', async () => {
  // What an outside driver has: the same file, loaded a second time.
  const copy = './errors.ts?copy'
  const other = (await import(/* @vite-ignore */ copy)) as { readonly DriverError: typeof DriverError }
  const error = new other.DriverError('the pool is full', 'no-room-here')
  expect([error instanceof DriverError, isDriverError(error)]).toEqual([false, true])
  expect(isDriverError(new DriverError('gone', 'nothing-happened', { reason: 'not-found' }))).toBe(true)
})

test.each([
  [
    'an error of the same name',
    Object.assign(new Error('full'), { name: 'DriverError', outcome: 'no-room-here' }),
  ],
  ['another error', new TypeError('undefined')],
  ['nothing', null],
  ['a word', 'DriverError'],
])('%s is none', (_what, error) => {
  expect(isDriverError(error)).toBe(false)
})
