/** What a writer keeps between rows is one list's; what rows look like is tested with the resources (`shares/view.test.ts`). */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fields, newValues, type Change } from '../wire/changes.ts'
import type { UrlParts } from './route.ts'
import { RowView } from './row-view.ts'

interface Thing {
  readonly id: string
  readonly colour: string
  readonly size: number
}

const changes: Change[] = [
  newValues(9, 'shows blue', 'colour', { blue: 'green' }),
  fields(7, 'size'),
  newValues(5, 'shows green', 'colour', { green: 'grey' }),
]
const view = new RowView<Thing>({
  collection: 'things',
  changes,
  fields: { id: ['own', 'id'], colour: ['text', 'colour'], size: ['number', 'size'], links: ['links'] },
})
const url: UrlParts = { base: 'http://a"b', projectPart: '/p', path: '/things', query: {} }

test('two lists at once keep what they share to themselves', () => {
  const thing = fc.record({
    id: fc.string(),
    colour: fc.constantFrom('blue', 'green', 'red'),
    size: fc.constantFrom(1, 2),
  })
  const elsewhere = { ...url, projectPart: '' }
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), thing), { maxLength: 20 }), (written) => {
      const lists = [view.writer(url, 99), view.writer(elsewhere, 99)]
      for (const [isFirst, one] of written) {
        const text = lists[isFirst ? 0 : 1]?.(one)
        expect(text).toBe(JSON.stringify(view.object(isFirst ? url : elsewhere, one)))
      }
    }),
  )
})

test('values that older clients do not know are told in the words of their time, one change after the other', () => {
  const at = (minor: number): unknown => {
    const { links: _links, ...rest } = JSON.parse(
      view.writer(url, minor)?.({ id: 'x', colour: 'blue', size: 3 }) ?? '{}',
    ) as Record<string, unknown>
    return rest
  }
  expect([9, 8, 6, 4].map(at)).toEqual([
    { id: 'x', colour: 'blue', size: 3 },
    { id: 'x', colour: 'green', size: 3 },
    { id: 'x', colour: 'green' },
    { id: 'x', colour: 'grey' },
  ])
})
