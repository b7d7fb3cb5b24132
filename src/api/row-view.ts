/**
 * Rows as replies show them. What each property is made of is said once, as data; from that two functions are compiled: one that makes
 * the object of a single row, and one per microversion that makes the text of each row of a list.
 *
 * The text is, character for character, what `JSON.stringify` makes of the lowered object (`shares/view.test.ts`), for half of
 * what that costs: neighbours that rows of a list mostly share are made once and kept until a row differs from the one before it.
 */
import { isoMicros } from '../runtime/clock.ts'
import { fieldwise, lower, type Change, type Fieldwise, type JsonObject } from '../wire/changes.ts'
import type { ListReply } from './list-reply.ts'
import { linkRoots, selfLinks } from './lists.ts'
import type { UrlParts } from './route.ts'

/**
 * `text` and `number` may be null, a `flag` is 0 or 1, a `stamp` microseconds or null, `pairs` an object. `own` is a text
 * of which nearly each row has its own: nothing is gained by comparing it.
 */
type Kind = 'text' | 'own' | 'number' | 'flag' | 'stamp' | 'pairs'

/** Property of the reply → what kind it is, and of which column; `links` are made of the row's id. */
export type Fields<Row> = Readonly<Record<string, readonly [Kind, keyof Row & string] | readonly ['links']>>

type TextOf<Row> = (row: Row) => string

export class RowView<Row extends { readonly id: string }> {
  readonly #of: ViewParts<Row>
  readonly #object: (row: Row, url: UrlParts) => JsonObject
  readonly #writers: (WriterMaker<Row> | null | undefined)[] = []

  constructor(of: ViewParts<Row>) {
    this.#of = of
    this.#object = objectMaker(of)
  }

  /** As the newest microversion shows it. */
  object(url: UrlParts, row: Row): JsonObject {
    return this.#object(row, url)
  }

  /** As clients of `minor` expect it. */
  lowered(url: UrlParts, minor: number, row: Row): JsonObject {
    return lower(this.#of.changes, minor, this.object(url, row))
  }

  /** The rows of one list, for its reply. */
  rows(url: UrlParts, minor: number): Pick<ListReply<Row>, 'view' | 'text'> {
    const text = this.writer(url, minor)
    return { view: (row) => this.lowered(url, minor, row), ...(text === null ? {} : { text }) }
  }

  /**
   * What writes the rows of one list, in their order, as clients of `minor` expect them. Null where a version does more than leave
   * out fields and values: its rows have to be objects first.
   */
  writer(url: UrlParts, minor: number): TextOf<Row> | null {
    let known = this.#writers[minor]
    if (known === undefined) {
      const version = fieldwise(this.#of.changes, minor)
      known = version === null ? null : writerMaker(this.#of.fields, version)
      this.#writers[minor] = known
    }
    if (known === null) return null
    const { self, bookmark } = linkRoots(url, this.#of.collection)
    return known(inner(self), inner(bookmark))
  }
}

interface ViewParts<Row> {
  /** Of the path that its links have. */
  readonly collection: string
  readonly changes: readonly Change[]
  readonly fields: Fields<Row>
}

// ------------------------------------------------------------------------------------------------------- as an object

const valueOf: Readonly<Record<Kind, (cell: string) => string>> = {
  text: (cell) => cell,
  own: (cell) => cell,
  number: (cell) => cell,
  pairs: (cell) => cell,
  flag: (cell) => `${cell} === 1`,
  stamp: (cell) => `${cell} === null ? null : stamp(${cell})`,
}

function objectMaker<Row>({ collection, fields }: ViewParts<Row>): (row: Row, url: UrlParts) => JsonObject {
  const members = Object.entries(fields).map(([name, [kind, column]]) => {
    const value = column === undefined ? 'links(url, row.id)' : valueOf[kind as Kind](cellOf(column))
    return `${literal(name)}: ${value}`
  })
  const links = (url: UrlParts, id: string) => selfLinks(url, collection, id)
  const body = `return (row, url) => ({ ${members.join(', ')} })`
  // oxlint-disable-next-line typescript/no-implied-eval -- as in `row-maker.ts`: in it are quoted names
  return new Function('stamp', 'links', body)(isoMicros, links) as (row: Row, url: UrlParts) => JsonObject
}

// --------------------------------------------------------------------------------------------------------- as a text

/** Code whose value is text; `column` when it depends on one, `own` when it is made for each row. */
interface Piece {
  readonly code: string
  readonly column?: string
  readonly own?: boolean
}

const textOf: Readonly<Record<Kind, (cell: string) => string>> = {
  text: (cell) => `quoted(${cell})`,
  own: (cell) => `quoted(${cell})`,
  number: (cell) => `JSON.stringify(${cell})`,
  pairs: (cell) => `JSON.stringify(${cell})`,
  flag: (cell) => `(${cell} === 1)`,
  stamp: (cell) => `(${cell} === null ? 'null' : '"' + stamp(${cell}) + '"')`,
}
const ownKinds: readonly string[] = ['own', 'pairs', 'stamp']

/** Given what its links begin with, answers a writer for one list. */
type WriterMaker<Row> = (self: string, bookmark: string) => TextOf<Row>

function writerMaker<Row>(fields: Fields<Row>, { hides, values }: Fieldwise): WriterMaker<Row> {
  const pieces: Piece[] = []
  for (const [name, [kind, column]] of Object.entries(fields)) {
    if (hides.has(name)) continue
    pieces.push({ code: literal(`${pieces.length === 0 ? '{' : ','}${literal(name)}:`) })
    if (column === undefined) pieces.push(...links)
    else {
      const cell = cellOf(column)
      const told = values.has(name) ? `values.get(${literal(name)})(${cell})` : cell
      pieces.push({ code: textOf[kind as Kind](told), column, own: ownKinds.includes(kind) })
    }
  }
  pieces.push({ code: literal(pieces.length === 0 ? '{}' : '}') })
  // oxlint-disable-next-line typescript/no-implied-eval -- as above
  const make = new Function('quoted', 'inner', 'stamp', 'values', writerSource(pieces))
  return make(quoted, inner, isoMicros, values) as WriterMaker<Row>
}

const links: readonly Piece[] = [
  { code: `'[{"rel":"self","href":"' + self + inner(row.id)`, own: true },
  { code: `'"},{"rel":"bookmark","href":"' + bookmark + inner(row.id)`, own: true },
  { code: `'"}]'` },
]

/** Pieces between those of a row's own become one text, which is made anew only where a column of theirs has changed. */
function writerSource(pieces: readonly Piece[]): string {
  const kept: string[] = []
  const renewed: string[] = []
  const sum: string[] = []
  for (const run of runsOf(pieces)) {
    const code = run.map((piece) => piece.code)
    const columns = [...new Set(run.flatMap(({ column }) => column ?? []))]
    if (run[0]?.own === true || columns.length === 0) {
      sum.push(...code)
      continue
    }
    const text = `text${kept.length}`
    const last = columns.map((column, at) => [cellOf(column), `${text}_${at}`] as const)
    kept.push(`let ${[text, ...last.map(([, before]) => before)].join(', ')}`)
    const differs = last.map(([cell, before]) => `${cell} !== ${before}`).join(' || ')
    const noted = last.map(([cell, before]) => `${before} = ${cell}`).join('; ')
    // Joined and not added, so that it is one text and no tree of them, which each row would walk again.
    renewed.push(`if (${text} === undefined || ${differs}) { ${noted}; ${text} = [${code.join()}].join('') }`)
    sum.push(text)
  }
  return `return (self, bookmark) => {
${kept.join('\n')}
return (row) => {
${renewed.join('\n')}
return ${sum.join(' + ')}
} }`
}

/** Neighbours that are alike: of the row's own, or not. */
function runsOf(pieces: readonly Piece[]): Piece[][] {
  const runs: Piece[][] = []
  for (const piece of pieces) {
    const run = runs.at(-1)
    if (run !== undefined && (run[0]?.own === true) === (piece.own === true)) run.push(piece)
    else runs.push([piece])
  }
  return runs
}

const literal = (text: string): string => JSON.stringify(text)
const cellOf = (column: string): string => `row[${literal(column)}]`

/** Text that JSON writes as it is. */
const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

const quoted = (value: unknown): string =>
  typeof value === 'string' && plain.test(value) ? `"${value}"` : JSON.stringify(value)

/** What stands between the quotes. */
const inner = (text: string): string => (plain.test(text) ? text : JSON.stringify(text).slice(1, -1))

/** What lists without details show of each row. */
export const namesOf = (collection: string): RowView<{ readonly id: string; readonly name: string | null }> =>
  new RowView({
    collection,
    changes: [],
    fields: { id: ['own', 'id'], name: ['own', 'name'], links: ['links'] },
  })
