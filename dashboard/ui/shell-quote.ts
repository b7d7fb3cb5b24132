/** Arguments for a POSIX shell: what is copied does exactly what it shows, whatever a name holds. */

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/

/** What can't be typed, or would not be seen. */
const unseen =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/
/** Of a text that holds such: that itself, what ends or escapes inside the quotes, and what would recall history. */
const escapable = new RegExp(String.raw`[\\'!]|${unseen.source}`, 'g')

/**
 * In single quotes unless nothing in it means anything. What can't be typed is written by its bytes, `$'\342\200\256'`, which bash, zsh
 * and ksh read so in every locale (`\u202e` they don't in `C`); dash does not know such quotes.
 */
export function quoted(text: string): string {
  if (plain.test(text)) return text
  if (!unseen.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`
  const inner = text.replaceAll(escapable, (one) =>
    one === '\\' || one === "'"
      ? `\\${one}`
      : Array.from(new TextEncoder().encode(one), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(
          '',
        ),
  )
  return `$'${inner}'`
}

/** `command('manila', 'share', 'create', ['--size', 3])`; null and undefined are left out. */
export const command = (
  ...words: readonly (string | number | null | undefined | readonly (string | number)[])[]
): string =>
  words
    .flat()
    .filter((part): part is string | number => part !== null && part !== undefined)
    .map((part) => quoted(String(part)))
    .join(' ')
