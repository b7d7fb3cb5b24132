/** JSON: a list of objects, or one object; values keep their types. */
import { escapeInJson } from './escape.ts'
import type { List, Shape, Show } from './shape.ts'

export function json(output: List | Show, { indent }: Pick<Shape, 'indent'>): string {
  return `${escapeInJson(JSON.stringify(plain(output), undefined, indent ? 2 : undefined))}\n`
}

/** The same as plain data. */
export function plain(output: List | Show): unknown {
  if (output.kind === 'show') return output.fields
  return output.rows.map((row) =>
    Object.fromEntries(output.columns.map((name, at) => [name, row[at] ?? null])),
  )
}
