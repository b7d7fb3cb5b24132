import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Page } from '../db/store/keyset.ts'
import { chunkBytes, JsonStream, JsonText, listReply, mostTogether, oldestFirst } from './list-reply.ts'

interface Row {
  readonly id: string
  readonly created_at: number
  readonly text: string
}

/** Rows in order, some with the same stamp; their widths reach beyond a chunk. */
const rowsOf = fc
  .array(
    fc.record({ ties: fc.boolean(), width: fc.oneof(fc.nat(40), fc.nat(2000), fc.constant(chunkBytes)) }),
    {
      maxLength: 350,
    },
  )
  .map((seeds) => {
    let stamp = 1
    return seeds.map(({ ties, width }, index): Row => {
      if (!ties) stamp++
      return { id: String(index).padStart(4, '0'), created_at: stamp, text: 'ü"'.repeat(width / 2) }
    })
  })

/** What a table would answer. */
const reader =
  (rows: readonly Row[], asked: Page[] = []) =>
  (page: Page): Promise<Row[]> => {
    asked.push(page)
    const { after } = page
    const from = after === undefined ? page.offset : rows.findIndex(({ id }) => id === after.id) + 1
    return Promise.resolve(rows.slice(from, page.limit === null ? undefined : from + page.limit))
  }

async function textOf(body: unknown): Promise<{ text: string; longest: number }> {
  if (body instanceof JsonText) return { text: body.text, longest: body.text.length }
  if (!(body instanceof JsonStream)) throw new Error('neither text nor stream')
  const pieces: string[] = []
  for (let part = await body.next(); part !== null; part = await body.next()) pieces.push(part)
  return { text: pieces.join(''), longest: Math.max(...pieces.map(({ length }) => length)) }
}

test('is byte for byte what the whole list in one piece would be, in parts of bounded length', async () => {
  await fc.assert(
    fc.asyncProperty(
      rowsOf,
      fc.option(fc.nat(400), { nil: null }),
      fc.nat(5),
      fc.boolean(),
      async (rows, limit, offset, leavesOut) => {
        const keeps = leavesOut ? (row: Row) => row.created_at % 3 !== 0 : undefined
        const tail = (last: Row | undefined, count: number) => ({ count, last: last?.id, none: undefined })
        const page = { ...oldestFirst, limit, offset }
        const view = ({ id, text }: Row) => ({ id, text })
        const list = { key: 'things', page, read: reader(rows), view, tail, ...(keeps && { keeps }) }
        const { text, longest } = await textOf((await listReply(list)).body)

        const whole = await reader(rows)(page)
        const things = whole.filter(keeps ?? (() => true)).map(view)
        expect(text).toBe(JSON.stringify({ things, ...tail(whole.at(-1), whole.length) }))
        // A chunk ends with the row that reaches the bound and at most a few beside it; `"` takes two characters.
        const width = Math.max(0, ...things.map((one) => JSON.stringify(one).length))
        const beside = width > chunkBytes / 32 && things.length > 1 ? mostTogether : 1
        expect(longest).toBeLessThan(chunkBytes + width * beside + 200)
      },
    ),
    { numRuns: 60 },
  )
})

test('a short list is one query and no stream; a long one of small rows is few', async () => {
  const rows = Array.from({ length: 2000 }, (_, n): Row => ({
    id: `${n}`,
    created_at: n,
    text: 'x'.repeat(900),
  }))
  const short: Page[] = []
  const view = (row: Row) => row
  const { body } = await listReply({
    key: 'k',
    page: oldestFirst,
    read: reader(rows.slice(0, 99), short),
    view,
  })
  expect(body).toBeInstanceOf(JsonText)
  expect(short).toHaveLength(1)
  const long: Page[] = []
  const reply = await listReply({ key: 'k', page: oldestFirst, read: reader(rows, long), view })
  expect(reply.body).toBeInstanceOf(JsonStream)
  await textOf(reply.body)
  expect(long.length).toBeLessThan(12)
  // The first page begins where the request says, the others behind a row that was sent.
  expect(long.map(({ after }) => after?.value)).toEqual([
    undefined,
    ...long.slice(1).map(({ after }) => Number(after?.id)),
  ])
})
