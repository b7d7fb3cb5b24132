import { expect, test } from 'vitest'
import { filterNames } from '../scheduler/filters/index.ts'
import { place } from '../scheduler/place.ts'
import { samplePool, sampleRequest } from '../scheduler/pool-sample.ts'
import { refusalsSaid, refusalWords } from './refusals.ts'

test('every filter has its sentence, and none speaks of pools, hosts or backends', () => {
  const [down, closed] = [
    samplePool('h@a#1', { serviceUp: false }),
    samplePool('h@b#1', { closed: 'It is emptied.' }),
  ]
  const untyped = place(sampleRequest({ shareType: null }), [samplePool()]).refusals
  const outside = [...place(sampleRequest(), [down, closed]).refusals, ...untyped].map(({ filter }) => filter)
  expect(outside).toHaveLength(3)
  expect([...refusalsSaid].sort()).toEqual([...outside, 'protocol', ...filterNames].sort())
  for (const filter of [...refusalsSaid, 'of another release']) {
    expect(refusalWords(filter)).toMatch(/^[A-Z][^.]+\.$/)
    const words = refusalWords(filter).replaceAll(/(only|same|different)_host/g, 'hint')
    expect(words).not.toMatch(/pool|host|backend|server|GiB/i)
  }
})
