/** Prints what a command gives, in the chosen format, columns and order. */
import type { List, Output, Shape, Show } from './shape.ts'
import { UsageError } from '../usage-error.ts'

type Printer = (output: List | Show, shape: Shape) => string | Promise<string>

/** Each is loaded by who wants it: a library for YAML costs a table nothing. */
const printers: Readonly<Record<Shape['format'], () => Promise<Printer>>> = {
  table: async () => (await import('./table.ts')).table,
  json: async () => (await import('./json.ts')).json,
  yaml: async () => (await import('./yaml.ts')).yaml,
  csv: async () => (await import('./csv.ts')).csv,
  value: async () => (await import('./value.ts')).value,
}

/** Rows of objects as a list: one function per column title. */
export function listOf<Row>(
  rows: readonly Row[],
  columns: Readonly<Record<string, (row: Row) => unknown>>,
): List {
  const readers = Object.values(columns)
  return {
    kind: 'list',
    columns: Object.keys(columns),
    rows: rows.map((row) => readers.map((read) => orBlank(read(row)))),
  }
}

/** What the server did not send (it differs by caller and version) is blank; null is None. */
const orBlank = (value: unknown): unknown => (value === undefined ? '' : value)

export const showOf = (fields: Readonly<Record<string, unknown>>): Show => ({ kind: 'show', fields })

/** The text for stdout, ending in a line end. Throws {@link UsageError} for columns that don't exist. */
export async function print(output: Output, shape: Shape): Promise<string> {
  if (output.kind === 'raw') return output.text
  const chosen =
    output.kind === 'list' ? chooseColumns(sorted(output, shape), shape) : chooseFields(output, shape)
  const printer = await printers[shape.format]()
  return printer(chosen, shape)
}

function sorted(list: List, { sortColumns, descending }: Shape): List {
  if (sortColumns.length === 0) return list
  const keys = sortColumns.map((name) => indexOf(list.columns, name))
  const rows = [...list.rows].sort((a, b) => {
    for (const key of keys) {
      const order = compare(a[key], b[key])
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
  return { ...list, rows }
}

/** Numbers by size, all else by text; nothing comes last. */
function compare(a: unknown, b: unknown): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a), String(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

function chooseColumns(list: List, { columns }: Shape): List {
  if (columns.length === 0) return list
  const indexes = columns.map((name) => indexOf(list.columns, name))
  return {
    kind: 'list',
    columns: indexes.map((index) => list.columns[index] ?? ''),
    rows: list.rows.map((row) => indexes.map((index) => row[index])),
  }
}

function chooseFields(show: Show, { columns }: Shape): Show {
  if (columns.length === 0) return show
  const names = Object.keys(show.fields)
  const chosen = columns.map((name) => names[indexOf(names, name)] ?? '')
  return { kind: 'show', fields: Object.fromEntries(chosen.map((name) => [name, show.fields[name]])) }
}

/** `share_proto`, `Share Proto` and `share proto` are the same column. */
function indexOf(columns: readonly string[], wanted: string): number {
  const exact = columns.indexOf(wanted)
  if (exact >= 0) return exact
  const plain = (name: string) => name.toLowerCase().replaceAll(/[\s_-]+/g, ' ')
  const found = columns.findIndex((name) => plain(name) === plain(wanted))
  if (found < 0) {
    throw new UsageError(`There is no column ${JSON.stringify(wanted)}; there are ${columns.join(', ')}.`)
  }
  return found
}
