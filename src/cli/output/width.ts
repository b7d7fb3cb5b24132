/** How many columns a text takes on a terminal, and where it is cut. What a reader sees as one character is never cut apart. */
import stringWidth from 'string-width'

/** Columns of a text without control characters: East Asian and emoji two, combining marks none. */
export const widthOf = (text: string): number =>
  // There is no escape sequence to leave out.
  stringWidth(text, { countAnsiEscapeCodes: true })

/** Filled up with blanks to `columns`. */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - widthOf(text)))

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Pieces of at most `columns` each (2 or more), broken at blanks where there are some; such a blank is gone, all else stays as it is:
 * whoever puts the pieces of a path together has the path.
 */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  let used = 0
  const endAt = (end: number, next: number): void => {
    lines.push(line.slice(0, end))
    line = line.slice(next)
    used = widthOf(line)
  }
  for (const { segment } of characters.segment(text)) {
    const more = widthOf(segment)
    while (line !== '' && used + more > columns && segment !== ' ') {
      const blank = line.lastIndexOf(' ')
      if (blank > 0) endAt(blank, blank + 1)
      else endAt(line.length, line.length)
    }
    if (segment === ' ' && used + more > columns) endAt(line.length, line.length)
    else {
      line += segment
      used += more
    }
  }
  return [...lines, line]
}
