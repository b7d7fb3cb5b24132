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
  for (const { segment } of characters.segment(text)) {
    const more = widthOf(segment)
    if (line !== '' && used + more > columns) {
      const whole = segment === ' ' ? '' : line
      // The word that has begun goes to the next line.
      const blank = whole.lastIndexOf(' ')
      const word = blank > 0 ? whole.slice(blank + 1) : ''
      lines.push(blank > 0 ? line.slice(0, blank) : line)
      const fits = widthOf(word) + more <= columns
      if (!fits) lines.push(word)
      line = fits ? word : ''
      used = widthOf(line)
      if (segment === ' ') continue
    }
    line += segment
    used += more
  }
  return [...lines, line]
}
