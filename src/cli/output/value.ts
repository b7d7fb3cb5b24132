/** Bare values: a row per line with blanks between, or a line per field. For `$(…)` in shells. */
import { escapeControls } from './escape.ts'
import { oneLine } from './human.ts'
import type { List, Show } from './shape.ts'

export function value(output: List | Show): string {
  const lines = output.kind === 'list' ? output.rows : Object.values(output.fields).map((one) => [one])
  return lines.map((line) => `${line.map((one) => escapeControls(oneLine(one))).join(' ')}\n`).join('')
}
