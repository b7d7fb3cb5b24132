/** Tables as OpenStack's tools draw them. Every line of a table is equally wide on a terminal. */
import { linesOf } from './human.ts'
import type { List, Shape, Show } from './shape.ts'
import { padded, widthOf, wrapped } from './width.ts'

/** A cell is a list of lines. */
type Cell = readonly string[]

/** An empty list is an empty line, as there. */
export function table(output: List | Show, { maxWidth }: Pick<Shape, 'maxWidth'>): string {
  if (output.kind === 'show') {
    const rows = Object.entries(output.fields).map(([name, value]) => [linesOf(name), linesOf(value)])
    return drawn([['Field'], ['Value']], rows, maxWidth)
  }
  if (output.rows.length === 0) return '\n'
  return drawn(
    output.columns.map((name) => linesOf(name)),
    output.rows.map((row) => row.map((value) => linesOf(value))),
    maxWidth,
  )
}

function drawn(head: readonly Cell[], rows: readonly (readonly Cell[])[], maxWidth: number): string {
  const natural = head.map((cell, column) =>
    Math.max(...[cell, ...rows.map((row) => row[column] ?? [])].flatMap((one) => one.map(widthOf))),
  )
  const widths = maxWidth > 0 ? narrowed(natural, maxWidth) : natural
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`
  const lines = [rule, ...rowLines(head, widths), rule, ...rows.flatMap((row) => rowLines(row, widths)), rule]
  return `${lines.join('\n')}\n`
}

function rowLines(row: readonly Cell[], widths: readonly number[]): string[] {
  const cells = row.map((cell, column) => cell.flatMap((line) => wrapped(line, widths[column] ?? 1)))
  const height = Math.max(1, ...cells.map((cell) => cell.length))
  return Array.from(
    { length: height },
    (_, line) =>
      `| ${cells.map((cell, column) => padded(cell[line] ?? '', widths[column] ?? 0)).join(' | ')} |`,
  )
}

/** Takes columns from the widest until the table fits; no column gets narrower than this. */
const narrowest = 8

function narrowed(natural: readonly number[], maxWidth: number): number[] {
  const widths = [...natural]
  const frame = 3 * widths.length + 1
  for (;;) {
    const total = widths.reduce((sum, width) => sum + width, frame)
    const widest = widths.indexOf(Math.max(...widths))
    const width = widths[widest] ?? 0
    if (total <= maxWidth || width <= narrowest) return widths
    const second = Math.max(
      narrowest,
      ...widths.filter((_, column) => column !== widest && widths[column] !== width),
    )
    widths[widest] = Math.max(narrowest, width - Math.max(1, Math.min(total - maxWidth, width - second)))
  }
}
