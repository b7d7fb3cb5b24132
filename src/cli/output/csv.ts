/** CSV (RFC 4180 with line feeds): a line of titles, then the rows; text is quoted, numbers are not. */
import { escapeControls } from './escape.ts'
import { oneLine } from './human.ts'
import type { List, Show } from './shape.ts'

export function csv(output: List | Show): string {
  const lines =
    output.kind === 'list'
      ? [output.columns, ...output.rows]
      : [['Field', 'Value'], ...Object.entries(output.fields)]
  return lines.map((line) => `${line.map(quoted).join(',')}\n`).join('')
}

const quoted = (value: unknown): string =>
  typeof value === 'number' ? String(value) : `"${escapeControls(oneLine(value)).replaceAll('"', '""')}"`
