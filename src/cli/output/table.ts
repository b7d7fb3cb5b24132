/** Tables as OpenStack's tools draw them. Every line of a table is equally wide on a terminal. */
import { linesOf } from './human.ts'
import type { List, Shape, Show } from './shape.ts'

/** How wide texts are, and where they are cut. */
type Width = Pick<typeof import('./width.ts'), 'widthOf' | 'padded' | 'wrapped'>

/** Of texts of ASCII alone, in columns that are as wide as they are. */
const plain: Width = {
  widthOf: (text) => text.length,
  padded: (text, columns) => text.padEnd(columns),
  wrapped: (text) => [text],
}
const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/** A cell is a list of lines. */
type Cell = readonly string[]

/** An empty list is an empty line, as there. */
export async function table(output: List | Show, { maxWidth }: Pick<Shape, 'maxWidth'>): Promise<string> {
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

async function drawn(
  head: readonly Cell[],
  rows: readonly (readonly Cell[])[],
  maxWidth: number,
): Promise<string> {
  // What knows all of Unicode takes longer to load than most commands run.
  const isSimple = maxWidth === 0 && [head, ...rows].every((row) => row.flat().every(isPlain))
  const width = isSimple ? plain : await import('./width.ts')
  const natural = head.map((cell, column) =>
    Math.max(...[cell, ...rows.map((row) => row[column] ?? [])].flatMap((one) => one.map(width.widthOf))),
  )
  const widths = maxWidth > 0 ? narrowed(natural, maxWidth) : natural
  const rule = `+${widths.map((columns) => '-'.repeat(columns + 2)).join('+')}+`
  const linesFor = (row: readonly Cell[]): string[] => rowLines(row, widths, width)
  const lines = [rule, ...linesFor(head), rule, ...rows.flatMap(linesFor), rule]
  return `${lines.join('\n')}\n`
}

function rowLines(row: readonly Cell[], widths: readonly number[], { wrapped, padded }: Width): string[] {
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
