/**
 * Lists as they are sent: whole, or as long as `limit` says, and never whole in memory. Rows are read in chunks by key, each a short
 * query of its own, and what has been made of them is about {@link chunkBytes} long; the next chunk is read when the client has taken
 * the last one. What a chunk holds beyond that is forgotten and read again, so that rows of any width cost the same.
 *
 * The text is what `JSON.stringify` makes of the whole list. A list that fits into one chunk is an ordinary answer. One that
 * does not sees each row as it is when its chunk is read: as with pages, a row whose sort key changes meanwhile may come twice or not at all.
 */
import type { Page, Place } from '../db/store/keyset.ts'
import type { PageRequest } from './lists.ts'
import { Reply } from './route.ts'

/** Rows of the first query: most lists have fewer, and are one query as before. */
const firstRows = 100
const mostRows = 1000
/** Text of one chunk, characters; a chunk ends with the row that reaches it, or with the few that are made into text together with it. */
export const chunkBytes = 256 * 1024
/** Rows that become one text: cheaper by a third than a text of each. Wide ones, as soon as one was seen, stay alone. */
export const mostTogether = 8

export interface ListReply<Row extends { readonly id: string }> {
  /** The list's name in the body, its first key. */
  readonly key: string
  readonly page: Page
  /** Rows of a page, in order. Called again while the answer is sent. */
  readonly read: (page: Page) => Promise<Row[]>
  readonly view: (row: Row) => unknown
  /** Writes what `JSON.stringify` would make of the view, where something does so for less. Called once for each row, in order. */
  readonly text?: (row: Row) => string
  /** False leaves a row out that was read. */
  readonly keeps?: (row: Row) => boolean
  /** What follows the list: `count` rows, `last` the last of them. */
  readonly tail?: (last: Row | undefined, count: number) => Readonly<Record<string, unknown>>
}

/** JSON that is text already. */
export class JsonText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** JSON that comes part by part as the client takes it. */
export class JsonStream {
  /** Answers the next part; null after the last. Rejects when the list can't go on. */
  readonly next: () => Promise<string | null>
  constructor(next: () => Promise<string | null>) {
    this.next = next
  }
}

/** Answers the list; errors of its first chunk are thrown, later ones cut the answer. */
export async function listReply<Row extends { readonly id: string }>(list: ListReply<Row>): Promise<Reply> {
  const { page } = list
  let read = 0
  let begun = false
  let widest = 1
  let together = 1
  let last: Row | undefined
  let rowsNext = firstRows
  let ended = false

  const part = async (): Promise<string> => {
    const left = page.limit === null ? mostRows : page.limit - read
    const asked = Math.min(rowsNext, left)
    const rows = await list.read({ ...page, limit: asked, ...(last === undefined ? {} : behind(page, last)) })
    const texts: string[] = []
    let length = 0
    let used = 0
    while (used < rows.length && length < chunkBytes) {
      const few = rows.slice(used, used + together)
      used += few.length
      last = few.at(-1)
      const kept = list.keeps === undefined ? few : few.filter(list.keeps)
      if (kept.length === 0) continue
      const made = textsOf(list, kept)
      const added = made.reduce((sum, text) => sum + text.length + 1, 0)
      texts.push(...made)
      length += added
      widest = Math.max(widest, added / kept.length)
      together = Math.max(1, Math.min(mostTogether, Math.floor(chunkBytes / 16 / widest)))
    }
    // A comma before what is behind other rows.
    if (begun && texts.length > 0) texts[0] = `,${texts[0]}`
    begun ||= texts.length > 0
    read += used
    ended = used === rows.length && (rows.length < asked || read === page.limit)
    const perRow = length / Math.max(1, used)
    rowsNext = Math.max(1, Math.min(mostRows, Math.floor(chunkBytes / Math.max(1, perRow))))
    return texts.join(',') + (ended ? `]${rest(list.tail?.(last, read) ?? {})}` : '')
  }

  let first: string | null = `{${JSON.stringify(list.key)}:[${await part()}`
  if (ended) return new Reply(200, new JsonText(first))
  const next = async (): Promise<string | null> => {
    if (first === null) return ended ? null : part()
    // Forgotten as soon as it is sent: its client may take its time for the rest.
    const text = first
    first = null
    return text
  }
  return new Reply(200, new JsonStream(next))
}

/** Of all of them together, or of each by itself. */
function textsOf<Row extends { readonly id: string }>({ view, text }: ListReply<Row>, rows: Row[]): string[] {
  return text === undefined ? [JSON.stringify(rows.map(view)).slice(1, -1)] : rows.map((row) => text(row))
}

/** All rows at once, for answers within a transaction, where nothing is read later. Only for what has a limit by itself. */
export async function wholeList<Row extends { readonly id: string }>(list: ListReply<Row>): Promise<object> {
  const rows = await list.read(list.page)
  const kept = rows.filter((row) => list.keeps?.(row) !== false)
  return { [list.key]: kept.map(list.view), ...list.tail?.(rows.at(-1), rows.length) }
}

function behind(page: Page, row: { readonly id: string }): Partial<Page> {
  const value = (row as unknown as Record<string, Place['value'] | undefined>)[page.sortKey] ?? null
  return { after: { value, id: row.id }, offset: 0 }
}

/** The other keys of the object whose list has ended. */
function rest(tail: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(tail)
  return text === '{}' ? '}' : `,${text.slice(1)}`
}

/** Everything, oldest first: lists that know no pages. */
export const oldestFirst: PageRequest = {
  limit: null,
  offset: 0,
  marker: null,
  sortKey: 'created_at',
  descending: false,
}
