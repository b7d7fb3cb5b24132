import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { escapeControls } from './escape.ts'
import { listOf, print, showOf } from './output.ts'
import { formats, type Shape } from './shape.ts'
import { widthOf, wrapped } from './width.ts'
import { UsageError } from '../usage-error.ts'

const shape: Shape = {
  format: 'table',
  columns: [],
  sortColumns: [],
  descending: false,
  indent: true,
  maxWidth: 0,
}

/** Pieces of text whose width on a terminal is known beforehand. */
const atoms: readonly (readonly [text: string, columns: number])[] = [
  ['a', 1],
  [' ', 1],
  ['é', 1],
  ['e\u0301', 1],
  ['漢', 2],
  ['ｆ', 2],
  ['한', 2],
  ['🙂', 2],
  ['☕', 2],
  ['\u0e19\u0e35', 1],
  ['א', 1],
  ['\u200b', 0],
]
const piece = fc.array(fc.constantFrom(...atoms), { maxLength: 12 })
const textOf = (pieces: readonly (readonly [string, number])[]) => pieces.map(([text]) => text).join('')

describe('tables', () => {
  test('measure wide and combining characters', () => {
    fc.assert(
      fc.property(piece, (pieces) => {
        expect(widthOf(textOf(pieces))).toBe(pieces.reduce((sum, [, columns]) => sum + columns, 0))
      }),
    )
  })

  test('have lines of one width, whatever is in them', async () => {
    const cell = fc.oneof(
      piece.map(textOf),
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.constant(null),
      fc.array(piece.map(textOf)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1 }),
        fc.constantFrom(0, 20, 40),
        fc.constantFrom('説明', 'Note'),
        async (rows, maxWidth, note) => {
          const list = listOf(rows, { Name: ([one]) => one, [note]: ([, two]) => two })
          const lines = (await print(list, { ...shape, maxWidth })).split('\n')
          expect(lines.pop()).toBe('')
          expect(new Set(lines.map(widthOf)).size).toBe(1)
          for (const line of lines) expect(line).toMatch(/^[|+].*[|+]$/)
        },
      ),
    )
  })

  test('fit the width that was asked for, and lose nothing', async () => {
    const long = 'one two three four five six seven eight nine ten'
    const text = await print(listOf([long], { A: () => 1, B: (one) => one }), { ...shape, maxWidth: 30 })
    expect(Math.max(...text.split('\n').map(widthOf))).toBe(30)
    const words = [...text.matchAll(/[a-z]+/g)].map(([word]) => word)
    expect(words.join(' ')).toBe(long)
  })

  test('break text without losing a character', () => {
    const seen = ['a', '漢', 'e\u0301', '🙂', '👩‍🚀', '🇩🇪', '❤️', '\u200b']
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...seen), { maxLength: 40 }),
        fc.integer({ min: 2, max: 20 }),
        (all, columns) => {
          const lines = wrapped(all.join(''), columns)
          expect(lines.join('')).toBe(all.join(''))
          expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
        },
      ),
    )
  })

  test('lose nothing but the blank at which a line ends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', ' ', '漢'), { maxLength: 30 }),
        fc.integer({ min: 2, max: 9 }),
        (all, columns) => {
          const lines = wrapped(all.join(''), columns)
          const [first = '', ...rest] = lines
          expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
          // Between two lines stood a blank or nothing: whichever, the text is put together again.
          let at = first.length
          const text = all.join('')
          expect(text.startsWith(first)).toBe(true)
          for (const line of rest) {
            const start = text.startsWith(line, at) && text[at] !== ' ' ? at : at + 1
            expect(text.slice(at, start).trim()).toBe('')
            expect(text.slice(start, start + line.length)).toBe(line)
            at = start + line.length
          }
          expect(at).toBe(text.length)
        },
      ),
    )
  })

  test('end at a blank, also at one for which there was no more room', () => {
    expect(wrapped('one two three four five', 10)).toEqual(['one two', 'three four', 'five'])
    expect(wrapped('10.0.0.1:/shares/long x', 10)).toEqual(['10.0.0.1:/', 'shares/lon', 'g x'])
  })

  test.each([
    ['漢字', 4],
    ['e\u0301', 1],
    ['👩‍🚀', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['نیم‌فاصله', 8],
  ])('%s is %d columns wide', (text, columns) => {
    expect(widthOf(text)).toBe(columns)
  })
})

describe('text from strangers', () => {
  const evil = fc.string({ unit: 'binary' })

  test('never reaches the terminal as a control or format character, in any format', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(evil), fc.constantFrom(...formats), async (names, format) => {
        for (const output of [
          listOf(names, { Name: (name) => name }),
          showOf({ names, nested: { name: names[0] } }),
        ]) {
          const printed = (await print(output, { ...shape, format })).replaceAll('\n', '')
          expect(printed).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
        }
      }),
    )
  })

  test('comes back unchanged from JSON and YAML', async () => {
    const wellFormed = evil.filter((text) => text.isWellFormed())
    await fc.assert(
      fc.asyncProperty(fc.array(wellFormed), async (names) => {
        const list = listOf(names, { Name: (name) => name })
        const expected = names.map((Name) => ({ Name }))
        expect(JSON.parse(await print(list, { ...shape, format: 'json' }))).toEqual(expected)
        expect(parse(await print(list, { ...shape, format: 'yaml' }))).toEqual(expected)
      }),
    )
  })

  test('can be read when escaped', () => {
    expect(escapeControls('a\u001b]0;x\u0007\n\u202eb\u{e0041}')).toBe('a\\x1b]0;x\\x07\\n\\u202eb\\u{e0041}')
    expect(escapeControls('👩‍🚀 نیم‌فاصله')).toBe('👩‍🚀 نیم‌فاصله')
  })
})

describe('choice', () => {
  const list = listOf(
    [
      { n: 10, s: 'b' },
      { n: 9, s: null },
      { n: 100, s: 'a' },
    ],
    { 'Share Size': ({ n }) => n, Name: ({ s }) => s },
  )
  const values = (more: Partial<Shape>) => print(list, { ...shape, format: 'value', ...more })

  test('of columns, under any spelling, in the order asked for', async () => {
    expect(await values({ columns: ['name', 'share_size'] })).toBe('b 10\nNone 9\na 100\n')
  })

  test('of the order: numbers by size, nothing last', async () => {
    expect(await values({ columns: ['Share Size'], sortColumns: ['share size'] })).toBe('9\n10\n100\n')
    expect(await values({ columns: ['Name'], sortColumns: ['Name'] })).toBe('a\nb\nNone\n')
    expect(await values({ columns: ['Share Size'], sortColumns: ['Share Size'], descending: true })).toBe(
      '100\n10\n9\n',
    )
  })

  test('of a column that is not there names those that are', async () => {
    await expect(values({ columns: ['Nmae'] })).rejects.toThrow(UsageError)
    await expect(values({ columns: ['Nmae'] })).rejects.toThrow('there are Share Size, Name')
  })
})
