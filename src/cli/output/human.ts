/** A value as people read it in a table cell: lines of safe text. */
import { escapeControls } from './escape.ts'

/** Larger objects get a line for each field. */
const fieldsOnOneLine = 4

/**
 * Objects become `key='value'`, larger ones a line for each field; lists take a line for each entry, with objects in them
 * set apart by a blank line.
 */
export function linesOf(value: unknown): string[] {
  if (Array.isArray(value)) {
    const entries = value.map((one) => entryLines(one))
    return entries.length === 0
      ? ['']
      : entries.flatMap((lines, at) => (at > 0 && lines.length > 1 ? ['', ...lines] : lines))
  }
  const large = typeof value === 'object' && value !== null && Object.keys(value).length > fieldsOnOneLine
  return large ? entryLines(value) : [escapeControls(oneLine(value))]
}

/** On one line, whatever it is: for `value` and `csv`. */
export function oneLine(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return value.map(oneLine).join(', ')
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([key, inner]) => `${key}='${oneLine(inner)}'`)
    .join(', ')
}

function entryLines(entry: unknown): string[] {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return linesOf(entry)
  const lines = Object.entries(entry).map(([key, inner]) => escapeControls(`${key} = ${oneLine(inner)}`))
  return lines.length === 0 ? [''] : lines
}
