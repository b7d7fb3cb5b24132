import { expect, it } from 'vitest'
import { partsOf } from './queries.ts'

it('takes a message apart into what was tried and why it failed', () => {
  expect(partsOf('allocate host: No room. Ask for less: or later.')).toEqual({
    tried: 'allocate host',
    why: 'No room. Ask for less: or later.',
  })
  expect(partsOf('No colon at all')).toEqual({ tried: null, why: 'No colon at all' })
  expect(partsOf(': odd')).toEqual({ tried: null, why: ': odd' })
})
