/** Plain columns for people; programs ask for JSON. */

/** A line of titles and a line per row, each ending in a line end; control characters are shown, not obeyed. */
export function columns(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [titles, ...rows].map((row) => row.map((cell) => plain(String(cell))))
  const widths = titles.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? '').length)))
  return cells
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

const plain = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (one) => `\\x${(one.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`)
