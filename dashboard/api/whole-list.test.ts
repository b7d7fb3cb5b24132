import { describe, expect, it } from 'vitest'
import { pageRows } from './paging.ts'
import { holds, wholePage } from './whole-list.ts'

const rows = Array.from({ length: 120 }, (_one, index) => ({
  id: `id-${String(index).padStart(3, '0')}`,
  size: index === 7 ? null : index % 10,
}))
const by = { size: ({ size }: (typeof rows)[number]) => size, id: ({ id }: (typeof rows)[number]) => id }
const defaults = { sort: 'id', dir: 'asc' } as const
const ids = (page: { readonly rows: readonly { readonly id: string }[] }) => page.rows.map(({ id }) => id)

describe('a list that comes whole', () => {
  it('is turned page by page, forwards and back, without losing or doubling a row', () => {
    const first = wholePage(rows, {}, by, defaults)
    const second = wholePage(rows, { after: ids(first).at(-1) as string }, by, defaults)
    const third = wholePage(rows, { after: ids(second).at(-1) as string }, by, defaults)
    expect([...ids(first), ...ids(second), ...ids(third)]).toEqual(rows.map(({ id }) => id))
    expect([first.hasNewer, first.hasOlder]).toEqual([false, true])
    expect([third.hasNewer, third.hasOlder, third.rows.length]).toEqual([true, false, 120 - 2 * pageRows])
    expect(wholePage(rows, { before: ids(second)[0] as string }, by, defaults)).toEqual(first)
  })

  it('puts what is not known last, whichever way it is sorted', () => {
    const few = rows.slice(5, 9)
    for (const dir of ['asc', 'desc'] as const)
      expect(wholePage(few, { sort: 'size', dir }, by, defaults).rows.at(-1)?.id).toBe('id-007')
    expect(ids(wholePage(few, { sort: 'size', dir: 'desc' }, by, defaults))[0]).toBe('id-008')
  })

  it('begins again behind a row that is gone, and at a column that nobody knows', () => {
    expect(ids(wholePage(rows, { after: 'gone', sort: 'nonsense' }, by, defaults))[0]).toBe('id-000')
  })

  it('finds texts in any case', () => {
    expect([holds(undefined, null), holds('SSD', 'a ssd pool'), holds('x', null, 'y')]).toEqual([
      true,
      true,
      false,
    ])
  })
})
