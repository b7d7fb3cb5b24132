import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pageOf, pageQuery, pageRows, textSearch, type PageSearch } from './paging.ts'

const defaults = { sort: 'created_at', dir: 'desc' } as const

/** A service that keeps rows in an order and answers as lists of the API do: behind the marker, at most so many. */
function answered(rows: readonly { readonly id: string }[], search: PageSearch) {
  const { limit, marker, sort_dir } = pageQuery(search, defaults)
  const ordered = sort_dir === 'desc' ? rows : [...rows].reverse()
  const from = marker === undefined ? 0 : ordered.findIndex(({ id }) => id === marker) + 1
  return ordered.slice(from, from + Number(limit))
}

const listOf = (count: number) => Array.from({ length: count }, (_one, at) => ({ id: `id-${at}` }))

describe('pages of a list', () => {
  it('show every row once, forwards and back again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 * pageRows + 3 }), (count) => {
        const rows = listOf(count)
        const pages = []
        let search: PageSearch = {}
        for (;;) {
          const page = pageOf(search, answered(rows, search))
          pages.push(page)
          if (!page.hasOlder) break
          search = { after: page.rows.at(-1)?.id as string }
        }
        expect(pages.flatMap((page) => page.rows)).toEqual(rows)
        expect(pages.map(({ hasNewer }) => hasNewer)).toEqual(pages.map((_page, at) => at > 0))
        // And back: the same pages' rows, as far as the keys lead.
        const back = []
        let first = pages.at(-1)?.rows[0]?.id
        for (let at = pages.length - 1; at > 0; at--) {
          const search: PageSearch = { before: first as string }
          const page = pageOf(search, answered(rows, search))
          back.unshift(...page.rows)
          expect(page.hasNewer).toBe(at > 1)
          expect(page.hasOlder).toBe(true)
          first = page.rows[0]?.id
        }
        expect(back).toEqual(rows.slice(0, back.length))
      }),
    )
  })

  it('go on where they were when rows come and go', () => {
    const rows = listOf(120)
    const first = pageOf({}, answered(rows, {}))
    const search = { after: first.rows.at(-1)?.id as string }
    const changed = [{ id: 'new' }, ...rows.filter((_row, at) => at !== 3)]
    expect(pageOf(search, answered(changed, search)).rows[0]).toEqual(rows[pageRows])
  })
})

it('takes from an address only what is known, as text of bounded length', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.anything()), fc.string({ maxLength: 3000 }), (junk, name) => {
      const read = textSearch(['text'])({ ...junk, text: name }) as Readonly<Record<string, string>>
      for (const [key, value] of Object.entries(read)) {
        expect(['text', 'after', 'before', 'sort', 'dir']).toContain(key)
        expect(typeof value).toBe('string')
        expect(value.length).toBeLessThanOrEqual(1000)
        expect(value).not.toBe('')
      }
    }),
  )
})
