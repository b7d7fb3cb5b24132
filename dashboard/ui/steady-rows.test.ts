import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { steadied } from './steady-rows.ts'

const ids = fc.uniqueArray(fc.constantFrom(...'abcdefghijklmnop'.split('')), { maxLength: 16 })
const rowsOf = (names: readonly string[]) => names.map((id) => ({ id }))

describe('rows while one reads', () => {
  it('are those of before that are left, in the order of the list, and what follows behind them', () => {
    fc.assert(
      fc.property(ids, ids, (now, before) => {
        const { staying, waiting } = steadied(rowsOf(now), before)
        const names = staying.map(({ id }) => id)
        // Nothing of before is lost, nothing is shown that is not there, and none is forgotten.
        expect(names.filter((id) => before.includes(id))).toEqual(now.filter((id) => before.includes(id)))
        expect(names.every((id) => now.includes(id))).toBe(true)
        expect(staying.length + waiting).toBe(now.length)
        // What is new stands behind everything known.
        const firstNew = names.findIndex((id) => !before.includes(id))
        if (firstNew >= 0) expect(names.slice(firstNew).every((id) => !before.includes(id))).toBe(true)
      }),
    )
  })

  it('stay where they are however much comes before them', () => {
    fc.assert(
      fc.property(ids, ids, (before, come) => {
        const others = come.filter((id) => !before.includes(id))
        fc.pre(before.length > 0)
        const { staying, waiting } = steadied(rowsOf([...others, ...before]), before)
        expect(staying.map(({ id }) => id)).toEqual(before)
        expect(waiting).toBe(others.length)
      }),
    )
  })
})
